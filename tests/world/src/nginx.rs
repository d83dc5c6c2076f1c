//! nginx, as installed, with a configuration of the test.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// An nginx that ends with the test.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    dir: TempDir,
    ports: Vec<u16>,
}

impl Nginx {
    /// Starts it with this inside of `http { … }`, once it is told its ports, free ones of the loopback.
    pub fn start<const PORTS: usize>(http: impl Fn([u16; PORTS]) -> String) -> Self {
        let mut failed = String::new();
        // Somebody else may take a port before nginx does.
        for _ in 0..5 {
            let ports = free_ports();
            let dir = tempfile::tempdir().unwrap();
            let root = dir.path().display();
            let conf = format!(
                "daemon off; user root; pid {root}/pid; error_log {root}/error.log warn;
                 events {{ worker_connections 4096; }}
                 http {{
                     access_log off; client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
                     fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
                     {}
                 }}",
                http(ports)
            );
            fs::write(dir.path().join("nginx.conf"), conf).unwrap();
            let child = Command::new("nginx")
                .arg("-p")
                .arg(dir.path())
                .arg("-c")
                .arg(dir.path().join("nginx.conf"))
                .arg("-e")
                .arg(dir.path().join("error.log"))
                .spawn()
                .expect("nginx is installed");
            let mut nginx = Self { child, dir, ports: ports.to_vec() };
            if nginx.serves() {
                return nginx;
            }
            failed = nginx.log();
        }
        panic!("nginx does not start: {failed}");
    }

    /// The first of its ports.
    pub fn port(&self) -> u16 {
        self.ports[0]
    }

    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Where it keeps its files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("error.log")).unwrap_or_default()
    }

    /// Whether every port answers; it is not, once the program has ended.
    fn serves(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            if self.ports.iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers, if it is asked to.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// Ports of the loopback that nobody has, for now.
pub fn free_ports<const PORTS: usize>() -> [u16; PORTS] {
    let listeners: [TcpListener; PORTS] =
        std::array::from_fn(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
