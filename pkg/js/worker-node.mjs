// The worker thread in Node.
import { parentPort } from 'node:worker_threads';
import { service } from './service.mjs';

const receive = service((message, transfer) => parentPort.postMessage(message, transfer));
parentPort.on('message', receive);
