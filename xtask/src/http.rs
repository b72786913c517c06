//! A static file server for one person on their own machine.
//!
//! It listens on 127.0.0.1 alone, answers GET and HEAD with one file a connection, and tells the
//! browser to keep nothing, so that a rebuild is always what is seen. The site is found at `/` and
//! under `/x/vitrine/` too: all its links are relative, and this is how that is tried.
//!
//! A policy in a page's `<meta>` does not reach its workers, so every script is sent with one.

use crate::run::{Result, say};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SUB_PATH: &str = "/x/vitrine/";
const LINE_BYTES_MAX: u64 = 8 * 1024;
const SCRIPT_POLICY: &str =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

/// Content types by the ending of the name; wasm must have its own to be compiled as it arrives.
const TYPES: [(&str, &str); 14] = [
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("png", "image/png"),
    ("sql", "text/plain; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("woff2", "font/woff2"),
];

pub fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| format!("port {port}: {error}; choose another with --port N"))
}

/// Serves until the process is ended.
pub fn serve(listener: &TcpListener, folder: PathBuf) -> Result<()> {
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    say(&format!(
        "\nVitrine is at http://{address}/   (Ctrl+C ends it)"
    ));
    for stream in listener.incoming().flatten() {
        let folder = folder.clone();
        // One connection's trouble (a closed tab, mostly) is nothing to the others.
        std::thread::spawn(move || answer(stream, &folder).ok());
    }
    Ok(())
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut first = String::new();
    let mut reader = BufReader::new((&stream).take(LINE_BYTES_MAX));
    reader.read_line(&mut first)?;
    // The rest of the head says nothing we use, but unread bytes would reset the connection.
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut words = first.split(' ');
    let (method, address) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    if method != "GET" && method != "HEAD" {
        return send(
            &mut stream,
            "405 Method Not Allowed",
            "txt",
            b"GET and HEAD only\n",
            true,
        );
    }
    let found = file_of(address).and_then(|path| {
        let bytes = std::fs::read(folder.join(&path)).ok()?;
        Some((path, bytes))
    });
    match found {
        Some((path, bytes)) => {
            let ending = path.rsplit('.').next().unwrap_or("");
            send(&mut stream, "200 OK", ending, &bytes, method == "GET")
        }
        None => send(
            &mut stream,
            "404 Not Found",
            "txt",
            b"not found\n",
            method == "GET",
        ),
    }
}

fn send(
    to: &mut TcpStream,
    status: &str,
    ending: &str,
    bytes: &[u8],
    body: bool,
) -> std::io::Result<()> {
    let kind = TYPES
        .iter()
        .find(|(name, _)| *name == ending)
        .map_or("application/octet-stream", |(_, kind)| kind);
    let policy = match ending {
        "js" | "mjs" => format!("Content-Security-Policy: {SCRIPT_POLICY}\r\n"),
        _ => String::new(),
    };
    let length = bytes.len();
    write!(
        to,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{policy}Connection: close\r\n\r\n"
    )?;
    if body { to.write_all(bytes) } else { Ok(()) }
}

/// The file below the site's folder that an address names; never one outside it.
fn file_of(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next()?;
    let path = path
        .strip_prefix(SUB_PATH)
        .or_else(|| path.strip_prefix('/'))?;
    let path = plain(path)?;
    let safe = !path.contains(['\\', '\0', ':'])
        && path.split('/').all(|part| part != "..")
        && !path.starts_with('/');
    let path = if path.is_empty() || path.ends_with('/') {
        path + "index.html"
    } else {
        path
    };
    safe.then_some(path)
}

/// Undoes %-escapes.
fn plain(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::file_of;

    #[test]
    fn addresses_stay_inside_the_folder() {
        let found = |address| file_of(address).unwrap_or_else(|| "refused".into());
        assert_eq!(found("/"), "index.html");
        assert_eq!(found("/x/vitrine/"), "index.html");
        assert_eq!(
            found("/x/vitrine/vitrine/engine.js?v=1"),
            "vitrine/engine.js"
        );
        assert_eq!(found("/a%20b.sql"), "a b.sql");
        for bad in [
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/a\\b",
            "x",
            "/%zz",
        ] {
            assert_eq!(found(bad), "refused", "{bad}");
        }
    }
}
