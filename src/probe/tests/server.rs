//! A server on this machine that says over TLS what a test tells it to.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// The name in the server's certificate. `tests/probe/make.sh` makes the files.
pub const NAME: &str = "shop.example.com";

const ROOT: &[u8] = include_bytes!("../../../tests/probe/root.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../../tests/probe/server.pem");
const KEY: &[u8] = include_bytes!("../../../tests/probe/server.key");

pub fn root() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(ROOT).unwrap()
}

pub fn certificate() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(CERTIFICATE).unwrap()
}

/// What the server does after a request.
pub enum Says {
    /// Sends this and closes.
    Bytes(String),
    /// Sends this, and then nothing.
    Stays(String),
    Nothing,
    /// A body that goes on as long as somebody reads.
    Endless,
}

pub fn says(status: u16, headers: &[&str], body: &str) -> Says {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    Says::Bytes(format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()))
}

#[derive(Default)]
struct Record {
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    asked: Notify,
}

pub struct Server {
    pub address: SocketAddr,
    record: Arc<Record>,
}

impl Server {
    /// A server that answers each path so.
    pub async fn new(answer: impl Fn(&str) -> Says + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server { address: listener.local_addr().unwrap(), record: Arc::default() };
        let (record, answer) = (server.record.clone(), Arc::new(answer));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate()], PrivateKeyDer::from_pem_slice(KEY).unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                record.connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, record, answer) = (acceptor.clone(), record.clone(), answer.clone());
                // A client that goes away early ends the connection, and that is all.
                tokio::spawn(async move { serve(&acceptor, stream, &record, &*answer).await.ok() });
            }
        });
        server
    }

    pub fn requests(&self) -> Vec<String> {
        self.record.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.record.connections.load(Ordering::SeqCst)
    }

    /// Returns when a request has come.
    pub async fn asked(&self) {
        self.record.asked.notified().await;
    }

    /// A port of this machine on which nobody listens.
    pub async fn closed_port(&self) -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }
}

async fn serve(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    record: &Record,
    answer: &(dyn Fn(&str) -> Says + Send + Sync),
) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut request = vec![];
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    record.requests.lock().unwrap().push(request);
    record.asked.notify_one();
    match answer(&path) {
        Says::Bytes(bytes) => {
            stream.write_all(bytes.as_bytes()).await?;
            stream.shutdown().await
        }
        Says::Stays(bytes) => {
            stream.write_all(bytes.as_bytes()).await?;
            stream.flush().await?;
            std::future::pending().await
        }
        Says::Nothing => std::future::pending().await,
        Says::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
            loop {
                stream.write_all(b"400\r\n").await?;
                stream.write_all(&[b'x'; 1024]).await?;
                stream.write_all(b"\r\n").await?;
            }
        }
    }
}

/// A proxy that opens one tunnel to `to`, or refuses it.
pub async fn proxy(to: SocketAddr, opens: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        let mut request = vec![];
        while !request.ends_with(b"\r\n\r\n") {
            request.push(client.read_u8().await?);
        }
        let wanted = format!("CONNECT {NAME}:443 HTTP/1.1\r\n");
        if !opens || !request.starts_with(wanted.as_bytes()) {
            return client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
        }
        let mut server = TcpStream::connect(to).await?;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
    });
    address
}
