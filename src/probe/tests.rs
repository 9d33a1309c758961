//! The probe against servers on this machine. Names and public addresses are invented; nothing leaves the
//! machine, and no test waits for a clock.

pub mod server;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use tokio::net::TcpStream;

use super::machine::{Machine, Proxy};
use super::*;
use crate::aws::{Clock, Timeline};
use server::{NAME, Says, Server, says};

const PAGE: &str = "<p>closed for maintenance";

/// A machine on which every name has these addresses, and every address is the server.
struct Here {
    server: SocketAddr,
    addresses: io::Result<Vec<&'static str>>,
    proxy: Option<SocketAddr>,
    asked: Mutex<Vec<SocketAddr>>,
}

impl Machine for Here {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        match &self.addresses {
            Ok(all) => Ok(all.iter().map(|address| address.parse().unwrap()).collect()),
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        self.asked.lock().unwrap().push(to);
        TcpStream::connect(self.server).await
    }

    fn proxy(&self, _: &str) -> Option<Proxy> {
        let uri = format!("http://{}", self.proxy?).parse().unwrap();
        Some(Proxy { uri, authorization: None })
    }
}

fn here(server: &Server) -> Here {
    let addresses = Ok(vec!["198.51.100.7"]);
    Here { server: server.address, addresses, proxy: None, asked: Mutex::default() }
}

fn probe(machine: Here, timeline: &Timeline) -> Probe<Here> {
    let clock = Clock::Stepped(timeline.clone());
    Probe::new(machine, vec![server::root()], clock, vec![PAGE.into()]).unwrap()
}

async fn look(server: &Server, name: &str) -> Look {
    probe(here(server), &Timeline::default()).ask(name).await
}

fn answer(status: u16, page: bool, end: End) -> Look {
    let certificate_until = "2100-01-01T00:00:00Z".parse().ok();
    Look::Answers(Answer { status, page, end, certificate_until })
}

#[tokio::test]
async fn a_site_is_asked_once_as_a_visitor_asks() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    assert_eq!(look(&server, NAME).await, answer(200, false, End::Whole));
    let asked = server.requests();
    let [request] = &asked[..] else { panic!("{asked:?}") };
    assert!(request.starts_with("GET / HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {NAME}\r\n")), "{request}");
    assert!(request.contains(concat!("user-agent: unplug/", env!("CARGO_PKG_VERSION"))), "{request}");
}

#[tokio::test]
async fn the_page_is_known_by_its_mark_and_by_its_body() {
    let marked = Server::new(|_| says(503, &["X-Maintenance-Page: 1"], "other words")).await;
    assert_eq!(look(&marked, NAME).await, answer(503, true, End::Whole));
    let same = Server::new(|_| says(503, &[], PAGE)).await;
    assert_eq!(look(&same, NAME).await, answer(503, true, End::Whole));
    let shipped = Server::new(|_| says(503, &[], "<meta name=\"maintenance-page\" content=\"1\">")).await;
    assert_eq!(look(&shipped, NAME).await, answer(503, true, End::Whole));
    let another = Server::new(|_| says(503, &["X-Maintenance-Page: 0"], "<p>closed")).await;
    assert_eq!(look(&another, NAME).await, answer(503, false, End::Whole));
}

#[tokio::test]
async fn a_redirect_is_followed_on_the_same_host() {
    let server = Server::new(|path| match path {
        "/" => says(302, &["Location: /en/"], ""),
        "/en/" => says(301, &["Location: https://shop.example.com/en/home?x=1"], ""),
        "/en/home?x=1" => says(200, &[], "home"),
        _ => says(404, &[], ""),
    })
    .await;
    assert_eq!(look(&server, NAME).await, answer(200, false, End::Whole));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_told_and_not_followed() {
    let server = Server::new(|_| says(301, &["Location: https://evil.example/"], "")).await;
    let until = "2100-01-01T00:00:00Z".parse().ok();
    let to = "https://evil.example/".to_owned();
    assert_eq!(look(&server, NAME).await, Look::Redirects { status: 301, to, certificate_until: until });
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn redirects_that_never_end_are_followed_three_times() {
    let server = Server::new(|_| says(302, &["Location: /"], "")).await;
    assert_eq!(look(&server, NAME).await, answer(302, false, End::Whole));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_server_that_hangs_has_ten_seconds() {
    let server = Server::new(|_| Says::Nothing).await;
    let timeline = Timeline::default();
    let probe = probe(here(&server), &timeline);
    let (look, ()) = tokio::join!(probe.ask(NAME), async {
        server.asked().await;
        assert!(timeline.step());
    });
    assert_eq!(look, Look::Silent(Silence::Late));
    assert_eq!(timeline.elapsed_ms(), 10_000);
}

#[tokio::test]
async fn a_body_that_hangs_has_ten_seconds_and_the_status_is_told() {
    let server = Server::new(|_| Says::Stays(head(&["Content-Length: 100"], "begin"))).await;
    let timeline = Timeline::default();
    let probe = probe(here(&server), &timeline);
    let progress = Mutex::default();
    let (look, ()) = tokio::join!(probe.ask_in(NAME, &progress), async {
        while progress.lock().unwrap().head.is_none() {
            tokio::task::yield_now().await;
        }
        assert!(timeline.step());
    });
    assert_eq!(look, answer(200, false, End::Late));
}

fn head(headers: &[&str], body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{}\r\n\r\n{body}", headers.join("\r\n"))
}

#[tokio::test]
async fn a_server_that_lies_about_the_length_is_read_to_its_end() {
    let long = Server::new(|_| Says::Bytes(head(&["Content-Length: 999999999"], "short"))).await;
    assert_eq!(look(&long, NAME).await, answer(200, false, End::Broken));
    // What comes after the length is no part of the answer, also where it would be our page.
    let short = Server::new(|_| Says::Bytes(head(&["Content-Length: 3"], PAGE))).await;
    assert_eq!(look(&short, NAME).await, answer(200, false, End::Whole));
}

#[tokio::test]
async fn a_server_that_closes_early_has_given_no_answer() {
    for bytes in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let server = Server::new(move |_| Says::Bytes(bytes.to_owned())).await;
        assert_eq!(look(&server, NAME).await, Look::Silent(Silence::Closed), "{bytes:?}");
    }
    let no_http = Server::new(|_| Says::Bytes("220 mail ready\r\n\r\n".into())).await;
    assert!(matches!(look(&no_http, NAME).await, Look::Silent(Silence::Other(_))));
}

#[tokio::test]
async fn an_endless_body_is_cut_at_64_kib() {
    let server = Server::new(|_| Says::Endless).await;
    assert_eq!(look(&server, NAME).await, answer(200, false, End::Longer));
}

#[tokio::test]
async fn an_endless_head_is_no_answer() {
    let server = Server::new(|_| Says::Bytes(format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(200_000)))).await;
    assert!(matches!(look(&server, NAME).await, Look::Silent(Silence::Other(_))));
}

#[tokio::test]
async fn an_expired_certificate_is_told_with_its_date_and_nothing_is_asked() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    let timeline = Timeline::default();
    // A clock of the year 2101.
    let (clock, century) = (Clock::Stepped(timeline.clone()), Duration::from_secs(75 * 366 * 86_400));
    tokio::join!(clock.wait(century), async { assert!(timeline.step()) });
    let look = probe(here(&server), &timeline).ask(NAME).await;
    assert_eq!(look, Look::BadCertificate(BadCertificate::Expired("2100-01-01T00:00:00Z".parse().ok())));
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn a_certificate_of_another_name_or_issuer_is_not_accepted() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    let look = look(&server, "api.example.com").await;
    assert_eq!(look, Look::BadCertificate(BadCertificate::OtherName));
    let clock = Clock::Stepped(Timeline::default());
    let roots = rustls_native_certs::load_native_certs().certs;
    let stranger = rustls_native_certs::load_native_certs().certs.is_empty();
    if !stranger {
        let probe = Probe::new(here(&server), roots, clock, vec![]).unwrap();
        assert_eq!(probe.ask(NAME).await, Look::BadCertificate(BadCertificate::UnknownIssuer));
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn private_addresses_are_not_asked() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    for (addresses, said) in [
        (vec!["169.254.169.254"], "its address 169.254.169.254 is a link-local address"),
        (vec!["198.51.100.7", "10.0.0.1"], "its address 10.0.0.1 is a private network"),
        (vec!["::ffff:127.0.0.1"], "its address ::ffff:127.0.0.1 is this machine"),
    ] {
        let machine = Here { addresses: Ok(addresses), ..here(&server) };
        let probe = probe(machine, &Timeline::default());
        assert_eq!(probe.ask(NAME).await, Look::NotAsked(said.into()));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_without_address_differs_from_a_resolver_that_fails() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    let of = async |words: &str| {
        let machine = Here { addresses: Err(io::Error::other(words.to_owned())), ..here(&server) };
        probe(machine, &Timeline::default()).ask(NAME).await
    };
    assert!(matches!(of("Name or service not known").await, Look::NoAddress(_)));
    assert!(matches!(of("Temporary failure in name resolution").await, Look::NotAsked(_)));
    for name in ["*.example.com", "a b", "_dmarc..example.com"] {
        assert!(matches!(look(&server, name).await, Look::NotAsked(_)), "{name}");
    }
}

#[tokio::test]
async fn a_closed_port_is_told() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    let nobody = Here { server: server.closed_port().await, ..here(&server) };
    assert_eq!(probe(nobody, &Timeline::default()).ask(NAME).await, Look::Silent(Silence::Refused));
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_asked_for_a_tunnel() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    let proxy = server::proxy(server.address, true).await;
    let through = Here { proxy: Some(proxy), addresses: Ok(vec![]), ..here(&server) };
    let through = probe(through, &Timeline::default());
    assert_eq!(through.ask(NAME).await, answer(200, false, End::Whole));
    let refusing = server::proxy(server.address, false).await;
    let refused = Here { proxy: Some(refusing), ..here(&server) };
    let refused = probe(refused, &Timeline::default()).ask(NAME).await;
    let Look::NotAsked(why) = refused else { panic!("{refused:?}") };
    assert!(why.contains(&format!("the proxy {refusing} did not let the request through")), "{why}");
}

#[tokio::test]
async fn several_names_come_back_in_their_order() {
    let server = Server::new(|_| says(200, &[], "hello")).await;
    let names = [NAME, "*.example.com", NAME].map(str::to_owned);
    let looks = probe(here(&server), &Timeline::default()).ask_all(&names).await;
    assert_eq!(looks[0], looks[2]);
    assert_eq!(looks[1], Look::NotAsked("it stands for many names".into()));
}
