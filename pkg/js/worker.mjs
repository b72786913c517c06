// The dedicated worker in a page. `onmessage` is set before anything is awaited: a message that
// comes earlier than its handler would be lost.
import { service } from './service.mjs';

const receive = service((message, transfer) => self.postMessage(message, transfer));
self.onmessage = (event) => receive(event.data);
