//! The host over real IndexedDB, in a dedicated worker: the device is the package's own script,
//! the host is this crate, and only bytes pass between them.
#![cfg(target_arch = "wasm32")]

use js_sys::{Promise, Uint8Array};
use vitrine_host::Host;
use vitrine_wire::control::{Control, DeviceKind, Open, Reply, from_postcard};
use vitrine_wire::view::RecoveryReport;
use vitrine_wire::{Header, Kind, Ticket, Writer};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

// The scripts are laid into the worker as blobs, each import pointed at the blob of its script: the
// test server knows neither folders above the crate nor the ending `.mjs`.
#[wasm_bindgen(inline_js = "
export async function device(name, bytes, ops, idb) {
  const lay = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const bytesUrl = lay(bytes);
  const opsUrl = lay(ops.replaceAll('./bytes.mjs', bytesUrl));
  const idbUrl = lay(idb.replaceAll('./device-ops.mjs', opsUrl));
  const { IdbDevice } = await import(idbUrl);
  const { perform } = await import(opsUrl);
  const made = new IdbDevice(name);
  return (op) => perform(made, op);
}
export function ask(device, op) { return device(op.slice()); }
")]
extern "C" {
    fn device(name: &str, bytes: &str, ops: &str, idb: &str) -> Promise;
    /// An operation as bytes, carried out; the completion as bytes.
    fn ask(device: &JsValue, op: &[u8]) -> Promise;
}

const BYTES: &str = include_str!("../../js/bytes.mjs");
const OPS: &str = include_str!("../../js/device-ops.mjs");
const IDB: &str = include_str!("../../js/device-idb.mjs");

struct Run {
    host: Host,
    device: JsValue,
    now_us: u64,
}

impl Run {
    async fn new(name: &str) -> Run {
        let made = device(name, BYTES, OPS, IDB);
        let device = JsFuture::from(made).await.expect("the scripts load");
        Run {
            host: Host::new(),
            device,
            now_us: 1_000,
        }
    }

    /// Sends a request and turns the crank until it is answered.
    async fn ask(&mut self, control: &Control) -> Reply {
        let mut message = Writer::new();
        assert!(control.write(Ticket(1), &mut message));
        self.host.call(message.as_slice(), self.now_us);
        for _ in 0..1000 {
            if let Some(bytes) = self.host.next_answer() {
                let (header, body) = Header::read(&bytes).expect("a header");
                assert_eq!(header.kind, Kind::Reply);
                return Reply::read(&body).expect("a reply");
            }
            let mut op = Writer::new();
            while self.host.next_op(&mut op) {
                let bytes = std::mem::take(&mut op).into_vec();
                let done = JsFuture::from(ask(&self.device, &bytes))
                    .await
                    .expect("no throw");
                self.host.complete(&Uint8Array::new(&done).to_vec());
            }
            self.now_us += 1_000;
            self.host.pump(self.now_us, 4096);
        }
        panic!("no answer");
    }

    async fn open(&mut self) -> RecoveryReport {
        let open = Open {
            device: DeviceKind::Host,
            seed: None,
            entropy: [3; 16],
            buffer_frames: 64,
            relaxed: false,
            narrate: true,
        };
        match self.ask(&Control::Open(open)).await {
            Reply::Opened { recovery, .. } => from_postcard(&recovery).expect("a report"),
            _ => panic!("not opened"),
        }
    }
}

#[wasm_bindgen_test]
async fn a_database_is_made_dropped_and_comes_back() {
    let mut first = Run::new("host-test").await;
    first.open().await;
    // Dropped as it stands, as a worker that is terminated.
    drop(first);
    let mut second = Run::new("host-test").await;
    let report = second.open().await;
    assert!(!report.created, "what the first wrote is there");
    assert!(matches!(second.ask(&Control::Close).await, Reply::Closed));
    let mut third = Run::new("host-test").await;
    let report = third.open().await;
    assert!(!report.created && report.unreadable_pages.is_empty());
}
