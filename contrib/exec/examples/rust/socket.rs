//! A Unix socket as both ends of exec:. Build it with `rustc --edition 2021 -O socket.rs`, and
//!
//!     ipcbench-contrib run exec:./socket unix

mod ipcbench;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

struct Socket(UnixStream);

impl ipcbench::Transport for Socket {
    fn put(&mut self, message: &[u8]) {
        self.0.write_all(message).unwrap_or_else(gone);
    }
    fn get(&mut self, message: &mut [u8]) {
        self.0.read_exact(message).unwrap_or_else(gone);
    }
}

/// The other end is gone, and knows more about why.
fn gone(_: std::io::Error) {
    std::process::exit(3)
}

fn main() {
    let end = ipcbench::End::open();
    let path = end.dir.clone() + "/socket";
    let stream = if end.producer { connect(&path) } else { UnixListener::bind(&path).unwrap().accept().unwrap().0 };
    end.run(&mut Socket(stream));
}

/// Connects as soon as the other end listens.
fn connect(path: &str) -> UnixStream {
    loop {
        match UnixStream::connect(path) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => std::thread::sleep(std::time::Duration::from_millis(1)),
            result => return result.unwrap(),
        }
    }
}
