//! The engine, as the page sees it: `bridge.mjs` and through it the package, and nothing else.
//!
//! The page links no engine code. A database is a handle, a session is a handle, a result is a
//! handle with windows of text; snapshots arrive as the bytes of `vitrine_view` structs.
use js_sys::{Array, Function, Object, Reflect, Uint8Array};
use serde::de::DeserializeOwned;
use vitrine_wire::control::from_postcard;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./bridge.mjs")]
extern "C" {
    #[wasm_bindgen(catch, js_name = open)]
    async fn js_open(address: &str, relaxed: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = connect)]
    async fn js_connect(lab: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = sessionId)]
    fn js_session_id(conn: &JsValue) -> u32;
    #[wasm_bindgen(js_name = first)]
    fn js_first(lab: &JsValue) -> JsValue;
    #[wasm_bindgen(catch, js_name = disconnect)]
    async fn js_disconnect(conn: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = close)]
    async fn js_close(lab: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = crash)]
    async fn js_crash(lab: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = trap)]
    fn js_trap(lab: &JsValue, op: &str, when: &str, nth: u32, sprung: &Function) -> bool;
    #[wasm_bindgen(catch, js_name = run)]
    async fn js_run(
        conn: &JsValue,
        sql: &str,
        notice: &Function,
        signal: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = load)]
    async fn js_load(
        lab: &JsValue,
        conn: &JsValue,
        file: &JsValue,
        progress: &Function,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = sample)]
    async fn js_sample(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = inspect)]
    async fn js_inspect(lab: &JsValue, pane: &str, a: u32, b: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = trouble)]
    fn js_trouble(error: &JsValue) -> Object;
    #[wasm_bindgen(js_name = rows)]
    fn js_rows(result: &JsValue, first: u32, count: u32) -> Array;
    #[wasm_bindgen(js_name = csv)]
    fn js_csv(result: &JsValue) -> String;
    #[wasm_bindgen(catch, js_name = planNodes)]
    fn js_plan_nodes(json: &str) -> Result<Array, JsValue>;
    #[wasm_bindgen(js_name = canceller)]
    fn js_canceller() -> JsValue;
    #[wasm_bindgen(js_name = cancel)]
    fn js_cancel(controller: &JsValue);
    #[wasm_bindgen(js_name = later)]
    async fn js_later(ms: u32);
    #[wasm_bindgen(js_name = svgNear)]
    fn js_svg_near(event: &JsValue) -> String;
    #[wasm_bindgen(js_name = scrollTop)]
    fn js_scroll_top(event: &JsValue) -> f64;

    /// Milliseconds since the page began.
    pub fn now() -> f64;
    #[wasm_bindgen(js_name = copyText)]
    pub fn copy_text(text: &str);
    #[wasm_bindgen(js_name = focusNeighbour)]
    pub fn focus_neighbour(forward: bool);
    #[wasm_bindgen(js_name = randomBelow)]
    pub fn random_below(n: u32) -> u32;
    pub fn theme(name: &str);
    pub fn dark() -> bool;
    pub fn recall(key: &str) -> String;
    pub fn keep(key: &str, value: &str);
}

/// An error as people read it: what, where, what to do.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trouble {
    pub severity: String,
    pub code: String,
    pub message: String,
    pub detail: String,
    pub hint: String,
    /// In characters, from 1; 0 where there is none.
    pub position: usize,
    /// The engine ended before it answered: the work may be done or not.
    pub unknown: bool,
}

impl Trouble {
    fn of(error: &JsValue) -> Trouble {
        let fields = js_trouble(error);
        Trouble {
            severity: text(&fields, "severity"),
            code: text(&fields, "code"),
            message: text(&fields, "message"),
            detail: text(&fields, "detail"),
            hint: text(&fields, "hint"),
            position: number(&fields, "position") as usize,
            unknown: get(&fields, "unknown").is_truthy(),
        }
    }

    pub fn words(message: impl Into<String>) -> Trouble {
        Trouble {
            severity: "ERROR".into(),
            message: message.into(),
            ..Trouble::default()
        }
    }
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

fn text(object: &JsValue, name: &str) -> String {
    get(object, name).as_string().unwrap_or_default()
}

fn number(object: &JsValue, name: &str) -> f64 {
    get(object, name).as_f64().unwrap_or(0.0)
}

fn list(object: &JsValue, name: &str) -> Vec<JsValue> {
    Array::from(&get(object, name)).to_vec()
}

/// An open database.
#[derive(Clone, PartialEq)]
pub struct Lab {
    handle: JsValue,
    pub address: String,
    pub took_ms: f64,
}

impl Lab {
    pub async fn open(address: &str, relaxed: bool) -> Result<Lab, Trouble> {
        let handle = js_open(address, relaxed)
            .await
            .map_err(|e| Trouble::of(&e))?;
        let took_ms = number(&handle, "took");
        Ok(Lab {
            handle,
            address: address.to_string(),
            took_ms,
        })
    }

    /// The session that came with opening.
    pub fn first(&self) -> Conn {
        Conn(js_first(&self.handle))
    }

    pub async fn connect(&self) -> Result<Conn, Trouble> {
        js_connect(&self.handle)
            .await
            .map(Conn)
            .map_err(|e| Trouble::of(&e))
    }

    pub async fn close(&self) -> Result<(), Trouble> {
        js_close(&self.handle)
            .await
            .map(drop)
            .map_err(|e| Trouble::of(&e))
    }

    /// Ends the worker, really.
    pub async fn crash(&self) -> Result<(), Trouble> {
        js_crash(&self.handle)
            .await
            .map(drop)
            .map_err(|e| Trouble::of(&e))
    }

    /// Stops the engine for good before or after the nth device operation of a kind. False where
    /// the package cannot.
    pub fn trap(&self, op: &str, when: &str, nth: u32, sprung: impl FnOnce() + 'static) -> bool {
        js_trap(
            &self.handle,
            op,
            when,
            nth,
            Closure::once_into_js(sprung).unchecked_ref(),
        )
    }

    pub async fn inspect<T: DeserializeOwned>(
        &self,
        pane: &str,
        a: u32,
        b: u32,
    ) -> Result<T, Trouble> {
        let bytes = js_inspect(&self.handle, pane, a, b)
            .await
            .map_err(|e| Trouble::of(&e))?;
        let bytes = Uint8Array::new(&bytes).to_vec();
        from_postcard(&bytes).map_err(|_| {
            Trouble::words(format!(
                "The page and the engine disagree about {pane}: reload the page."
            ))
        })
    }

    pub async fn load(
        &self,
        conn: &Conn,
        file: &JsValue,
        progress: impl FnMut(f64, f64, String) + 'static,
    ) -> Result<String, Trouble> {
        let progress = Closure::<dyn FnMut(f64, f64, String)>::new(progress);
        let done = js_load(
            &self.handle,
            &conn.0,
            file,
            progress.as_ref().unchecked_ref(),
        )
        .await;
        done.map(|words| words.as_string().unwrap_or_default())
            .map_err(|e| Trouble::of(&e))
    }
}

pub async fn sample(name: &str) -> Result<JsValue, Trouble> {
    js_sample(name).await.map_err(|e| Trouble::of(&e))
}

/// One session.
#[derive(Clone, PartialEq)]
pub struct Conn(JsValue);

impl Conn {
    pub async fn run(
        &self,
        sql: &str,
        cancel: &Canceller,
        notice: impl FnMut(String, String) + 'static,
    ) -> Result<Vec<Outcome>, Trouble> {
        let notice = Closure::<dyn FnMut(String, String)>::new(notice);
        let signal = get(&cancel.0, "signal");
        let results = js_run(&self.0, sql, notice.as_ref().unchecked_ref(), &signal)
            .await
            .map_err(|e| Trouble::of(&e))?;
        Ok(Array::from(&results).iter().map(Outcome::of).collect())
    }

    /// Runs statements whose notices and cancelling nobody needs.
    pub async fn quietly(&self, sql: &str) -> Result<Vec<Outcome>, Trouble> {
        self.run(sql, &Canceller::new(), |_, _| {}).await
    }

    /// The engine's number for this session.
    pub fn id(&self) -> u32 {
        js_session_id(&self.0)
    }

    pub async fn close(&self) {
        let _ = js_disconnect(&self.0).await;
    }
}

#[derive(Clone, PartialEq)]
pub struct Canceller(JsValue);

impl Canceller {
    pub fn new() -> Canceller {
        Canceller(js_canceller())
    }

    pub fn cancel(&self) {
        js_cancel(&self.0);
    }
}

/// What one statement answered. The rows stay on the other side.
#[derive(Clone, PartialEq)]
pub struct Outcome {
    handle: JsValue,
    pub tag: String,
    pub names: Vec<String>,
    pub types: Vec<u32>,
    pub count: u32,
    pub affected: i64,
}

impl Outcome {
    fn of(handle: JsValue) -> Outcome {
        let names = list(&handle, "names")
            .iter()
            .filter_map(JsValue::as_string)
            .collect();
        let types = list(&handle, "types")
            .iter()
            .map(|oid| oid.as_f64().unwrap_or(0.0) as u32)
            .collect();
        Outcome {
            tag: text(&handle, "tag"),
            names,
            types,
            count: number(&handle, "count") as u32,
            affected: number(&handle, "affected") as i64,
            handle,
        }
    }

    pub fn window(&self, first: u32, count: u32) -> Vec<Vec<Option<String>>> {
        js_rows(&self.handle, first, count)
            .iter()
            .map(|row| {
                Array::from(&row)
                    .iter()
                    .map(|cell| cell.as_string())
                    .collect()
            })
            .collect()
    }

    /// The first value of the first row.
    pub fn value(&self) -> Option<String> {
        self.window(0, 1).into_iter().next()?.into_iter().next()?
    }

    pub fn csv(&self) -> String {
        js_csv(&self.handle)
    }
}

/// One node of a plan, parents before children.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PlanNode {
    pub depth: usize,
    pub facts: Vec<(String, String)>,
}

pub fn plan_nodes(json: &str) -> Result<Vec<PlanNode>, Trouble> {
    let nodes = js_plan_nodes(json).map_err(|e| Trouble::of(&e))?;
    let strings = |node: &JsValue, name: &str| -> Vec<String> {
        list(node, name)
            .iter()
            .map(|v| v.as_string().unwrap_or_default())
            .collect()
    };
    let read = |node: JsValue| PlanNode {
        depth: number(&node, "depth") as usize,
        facts: strings(&node, "names")
            .into_iter()
            .zip(strings(&node, "values"))
            .collect(),
    };
    Ok(nodes.iter().map(read).collect())
}

pub async fn later(ms: u32) {
    js_later(ms).await;
}

pub fn svg_near(event: &JsValue) -> String {
    js_svg_near(event)
}

pub fn scroll_top(event: &JsValue) -> f64 {
    js_scroll_top(event)
}

impl Lab {
    /// Tables and indexes of the user, by name.
    pub async fn relations(&self) -> Result<Vec<crate::room_props::Relation>, Trouble> {
        let sql = "SELECT oid, relname, relkind, relfilenode FROM pg_class WHERE relkind IN ('r', 'i', 't') AND oid >= 16384 ORDER BY relname";
        let conn = self.connect().await?;
        let answer = conn.quietly(sql).await;
        conn.close().await;
        let outcomes = answer?;
        let Some(outcome) = outcomes.first() else {
            return Ok(Vec::new());
        };
        let read = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            let (oid, name, kind, file) = (next(), next(), next(), next());
            crate::room_props::Relation {
                oid: oid.parse().unwrap_or(0),
                name,
                kind,
                file: file.parse().unwrap_or(0),
            }
        };
        Ok(outcome
            .window(0, outcome.count)
            .into_iter()
            .map(read)
            .collect())
    }
}

impl Lab {
    /// The columns of a table, for reading its tuples.
    pub async fn columns(
        &self,
        oid: u32,
    ) -> Result<Vec<crate::room::page::decode::Column>, Trouble> {
        let sql = format!(
            "SELECT attname, atttypid, attlen, attalign FROM pg_attribute WHERE attrelid = {oid} AND attnum > 0 ORDER BY attnum"
        );
        let conn = self.connect().await?;
        let answer = conn.quietly(&sql).await;
        conn.close().await;
        let outcomes = answer?;
        let Some(outcome) = outcomes.first() else {
            return Ok(Vec::new());
        };
        let read = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            let (name, type_oid, len, align) = (next(), next(), next(), next());
            crate::room::page::decode::Column {
                name,
                type_oid: type_oid.parse().unwrap_or(0),
                len: len.parse().unwrap_or(-1),
                align: match align.as_str() {
                    "c" => 1,
                    "s" => 2,
                    "d" => 8,
                    _ => 4,
                },
            }
        };
        Ok(outcome
            .window(0, outcome.count)
            .into_iter()
            .map(read)
            .collect())
    }
}
