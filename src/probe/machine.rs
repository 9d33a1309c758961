//! What the probe takes from the machine: addresses of names, connections, the proxy. Tests have others.

use std::io;
use std::net::{IpAddr, SocketAddr};

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::net::{TcpStream, lookup_host};

/// A proxy that stands between this machine and a name.
#[derive(Clone, Debug)]
pub struct Proxy {
    pub uri: Uri,
    pub authorization: Option<HeaderValue>,
}

/// Where names and connections come from.
pub trait Machine: Sync {
    fn addresses(&self, name: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;

    fn connect(&self, to: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> + Send;

    fn proxy(&self, name: &str) -> Option<Proxy>;
}

/// This machine's resolver and network, and the proxy that its environment names, as for calls to AWS.
pub struct ThisMachine(Matcher);

impl Default for ThisMachine {
    fn default() -> Self {
        ThisMachine(Matcher::from_env())
    }
}

impl Machine for ThisMachine {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // The dot at the end keeps the resolver from trying the name within this machine's own domain.
        let found = lookup_host((format!("{name}."), 443)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(to).await
    }

    fn proxy(&self, name: &str) -> Option<Proxy> {
        let uri = format!("https://{name}/").parse().ok()?;
        let found = self.0.intercept(&uri)?;
        Some(Proxy { uri: found.uri().clone(), authorization: found.basic_auth().cloned() })
    }
}
