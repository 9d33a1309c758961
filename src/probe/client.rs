//! The HTTPS client of the probe. The SDK's own follows no redirect, but hides the peer's certificate and
//! bounds neither the body nor the time of one request.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{Either, select, select_ok};
use futures::{StreamExt as _, stream};
use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service as _;

use super::exchange::{self, Head};
use super::machine::{Machine, Proxy, ThisMachine};
use super::redirect::{self, Next};
use super::{Answer, BadCertificate, End, Look, Silence, addresses, certificate};
use crate::aws::Clock;
use crate::document;

/// How long one name has, with its redirects.
const WHOLE: Duration = Duration::from_secs(10);

/// How many redirects on the same host are followed.
const REDIRECTS: usize = 3;

/// How many names are asked at the same time.
const AT_ONCE: usize = 8;

/// How many addresses of each family are tried, all at the same time.
const ADDRESSES: usize = 2;

/// A longer file is no list of certificates, in bytes.
const MOST_ROOTS: u64 = 16 << 20;

/// Asks names over HTTPS.
pub struct Probe<M> {
    machine: M,
    tls: TlsConnector,
    clock: Clock,
    /// Bodies that are our maintenance page.
    pages: Vec<String>,
}

impl Probe<ThisMachine> {
    /// A probe with this machine's network, that trusts what the system trusts, and the certificates of a
    /// file besides.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn on_this_machine(
        ca_bundle: Option<&str>,
        clock: Clock,
        pages: Vec<String>,
    ) -> Result<Probe<ThisMachine>, String> {
        let mut roots = rustls_native_certs::load_native_certs().certs;
        if let Some(path) = ca_bundle {
            let said = |error: &dyn std::fmt::Display| format!("the certificates {path}: {error}");
            let pem = document::read_file(path.as_ref(), MOST_ROOTS).map_err(|error| said(&error))?;
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.push(certificate.map_err(|error| said(&error))?);
            }
        }
        Probe::new(ThisMachine::default(), roots, clock, pages)
    }
}

impl<M: Machine> Probe<M> {
    /// A probe that trusts these certificates, and knows these bodies for our page.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        machine: M,
        roots: Vec<CertificateDer<'static>>,
        clock: Clock,
        pages: Vec<String>,
    ) -> Result<Probe<M>, String> {
        let mut trusted = RootCertStore::empty();
        let (known, _) = trusted.add_parsable_certificates(roots);
        if known == 0 {
            return Err("this machine trusts no certificate authority".into());
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_details(provider, Arc::new(Wall(clock.clone())))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Probe { machine, tls: TlsConnector::from(Arc::new(config)), clock, pages })
    }

    /// Is the name asked through a proxy?
    pub fn has_proxy(&self, name: &str) -> bool {
        self.machine.proxy(name).is_some()
    }

    /// Asks each name once. Returns what each said, in the same order.
    pub async fn ask_all(&self, names: &[String]) -> Vec<Look> {
        stream::iter(names).map(|name| self.ask(name)).buffered(AT_ONCE).collect().await
    }

    /// Asks one name: in lower case, without a dot at its end.
    pub async fn ask(&self, name: &str) -> Look {
        self.ask_in(name, &Mutex::default()).await
    }

    /// Asks one name, and says meanwhile how far that has come.
    pub(super) async fn ask_in(&self, name: &str, progress: &Mutex<Progress>) -> Look {
        if name.contains('*') {
            return Look::NotAsked("it stands for many names".into());
        }
        let Ok(server) = ServerName::try_from(name.to_owned()) else {
            return Look::NotAsked("it is no name of a host".into());
        };
        let asked = pin!(self.visit(name, &server, progress));
        match select(pin!(self.clock.wait(WHOLE)), asked).await {
            Either::Right((look, _)) => look,
            Either::Left(_) => match lock(progress).clone() {
                Progress { head: Some(head), certificate_until } => {
                    let (status, page) = (head.status.as_u16(), false);
                    Look::Answers(Answer { status, page, end: End::Late, certificate_until })
                }
                Progress { head: None, .. } => Look::Silent(Silence::Late),
            },
        }
    }

    async fn visit(&self, name: &str, server: &ServerName<'static>, progress: &Mutex<Progress>) -> Look {
        let mut path = "/".to_owned();
        let mut left = REDIRECTS;
        loop {
            let stream = match self.connected(name).await {
                Ok(stream) => stream,
                Err(look) => return look,
            };
            let stream = match self.tls.connect(server.clone(), stream).await {
                Ok(stream) => stream,
                Err(error) => return untrusted(&error),
            };
            let peers = stream.get_ref().1.peer_certificates();
            let certificate_until = peers.and_then(|all| certificate::until(all.first()?));
            *lock(progress) = Progress { head: None, certificate_until };
            let seen = |head: &Head| lock(progress).head = Some(head.clone());
            let answer = exchange::get(TokioIo::new(stream), name, &path, &self.pages, seen).await;
            let (head, page, end) = match answer {
                Ok(answer) => answer,
                Err(silence) => return Look::Silent(silence),
            };
            let status = head.status.as_u16();
            match head.location.map(|to| redirect::next(name, &path, &to)) {
                Some(Next::Elsewhere(to)) => return Look::Redirects { status, to, certificate_until },
                Some(Next::Here(to)) if left > 0 => (path, left) = (to, left - 1),
                _ => return Look::Answers(Answer { status, page, end, certificate_until }),
            }
        }
    }

    async fn connected(&self, name: &str) -> Result<TcpStream, Look> {
        if let Some(proxy) = self.machine.proxy(name) {
            return tunnel(proxy, name).await;
        }
        let found = self.machine.addresses(name).await.map_err(|error| unresolved(&error))?;
        for address in &found {
            if let Some(what) = addresses::private(*address) {
                return Err(Look::NotAsked(format!("its address {address} is {what}")));
            }
        }
        let of = |v4| found.iter().filter(move |address| address.is_ipv4() == v4).take(ADDRESSES);
        let all: Vec<IpAddr> = of(false).chain(of(true)).copied().collect();
        if all.is_empty() {
            return Err(Look::NoAddress("no address".into()));
        }
        let tried = all.into_iter().map(|to| Box::pin(self.machine.connect(SocketAddr::new(to, 443))));
        let (stream, _) = select_ok(tried).await.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => Look::Silent(Silence::Refused),
            _ => Look::Silent(Silence::Other(error.to_string())),
        })?;
        Ok(stream)
    }
}

/// How far the asking of a name has come, should its time end.
#[derive(Clone, Default)]
pub(super) struct Progress {
    pub(super) head: Option<Head>,
    certificate_until: Option<Timestamp>,
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The injected clock decides whether a certificate is still valid.
#[derive(Debug)]
struct Wall(Clock);

impl TimeProvider for Wall {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.0.now_ms())))
    }
}

/// A connection through a proxy that speaks HTTP. The proxy resolves the name.
async fn tunnel(proxy: Proxy, name: &str) -> Result<TcpStream, Look> {
    let at = proxy.uri.authority().map(|at| at.as_str().rsplit('@').next().unwrap_or_default().to_owned());
    let at = at.unwrap_or_default();
    if proxy.uri.scheme_str() != Some("http") {
        let scheme = proxy.uri.scheme_str().unwrap_or_default();
        return Err(Look::NotAsked(format!("the probe cannot speak to the {scheme} proxy {at}")));
    }
    let not_let = |why: &dyn std::fmt::Display| {
        Look::NotAsked(format!("the proxy {at} did not let the request through ({why})"))
    };
    let to: Uri = format!("https://{name}:443").parse().map_err(|error| not_let(&error))?;
    let mut connector = Tunnel::new(proxy.uri, HttpConnector::new());
    if let Some(authorization) = proxy.authorization {
        connector = connector.with_auth(authorization);
    }
    let stream = connector.call(to).await.map_err(|error| not_let(&error))?;
    Ok(stream.into_inner())
}

/// Only a resolver's "there is no such name" means that the name has no address.
fn unresolved(error: &io::Error) -> Look {
    let words = error.to_string();
    if ["not known", "No address associated"].iter().any(|no| words.contains(no)) {
        Look::NoAddress(words)
    } else {
        Look::NotAsked(format!("this machine could not resolve it ({words})"))
    }
}

/// Why the other side's TLS is not accepted.
fn untrusted(error: &io::Error) -> Look {
    use BadCertificate::{Expired, Other, OtherName, UnknownIssuer};
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    let why = match inner {
        Some(rustls::Error::InvalidCertificate(why)) => why,
        None if error.kind() == io::ErrorKind::UnexpectedEof => return Look::Silent(Silence::Closed),
        _ => return Look::Silent(Silence::Other(error.to_string())),
    };
    Look::BadCertificate(match why {
        CertificateError::ExpiredContext { not_after, .. } => {
            let seconds = i64::try_from(not_after.as_secs()).ok();
            Expired(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
        }
        CertificateError::Expired => Expired(None),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => OtherName,
        CertificateError::UnknownIssuer => UnknownIssuer,
        other => Other(other.to_string()),
    })
}
