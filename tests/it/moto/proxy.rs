//! A proxy in front of moto: it delays, counts, and at one request kills the client, drops the
//! connection or answers with a throttle.
//!
//! ```text
//! arrives ── half the delay ──┬── moto ──┬── half the delay ── answered
//!                             │          │
//!                  Before: moto never    After: moto has done it, the client
//!                  sees it               never hears of it
//! ```

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::request::{Request, answer};

/// How long anything here may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Where something happens. Counts start with 1.
#[derive(Clone, Copy, Debug)]
pub enum At {
    Request(usize),
    Write(usize),
    /// The k-th request of an operation, as `ec2:CreateNetworkAcl`.
    Operation(&'static str, usize),
    /// Every request of an operation.
    Each(&'static str),
    /// So long after the first write arrived; for `Fate::Kill` only.
    AfterFirstWrite(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// SIGKILL to the client.
    Kill(Moment),
    /// The connection ends without an answer.
    Drop(Moment),
    /// AWS's words for "too many requests", each service's own; moto never sees it.
    Throttle,
    /// An error with this code, in the service's own words; moto never sees it.
    Refuse(&'static str),
    /// This body, XML or JSON, as the answer; moto never sees it.
    Answer(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before moto sees it. What else is still on its way is lost too.
    Before,
    /// After moto did it, before the answer. What else is on its way still arrives at moto.
    After,
}

/// One request as it was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub operation: String,
    pub region: String,
    pub write: bool,
    /// When it arrived, since the proxy started.
    pub at: Duration,
    /// moto answered it.
    pub done: bool,
}

impl Seen {
    /// The operation as the SDKs name it, also of a service with paths.
    pub fn name(&self) -> String {
        let (service, call) = self.operation.split_once(':').expect("a service");
        // Both generations of load balancers are signed for one name; unplug calls the second.
        if service == "elasticloadbalancing" {
            return format!("elasticloadbalancingv2:{call}");
        }
        let Some((method, path)) = call.split_once(' ') else { return self.operation.clone() };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query: Vec<_> = query
            .split('&')
            .map(|pair| pair.split('=').next().unwrap_or_default())
            .filter(|key| !["x-id", "max-buckets", "PageSize"].contains(key))
            .collect();
        let name = match (service, method, path, query.join("&").as_str()) {
            ("cloudfront", method, path, _) => cloudfront(method, path),
            ("rolesanywhere", "GET", "/trustanchors", _) => "ListTrustAnchors",
            ("apigateway", "GET", "/restapis", _) => "GetRestApis",
            ("apigateway", "GET", "/domainnames", _) => "GetDomainNames",
            ("apigateway", "GET", "/v2/apis", _) => return "apigatewayv2:GetApis".into(),
            ("apigateway", "GET", "/v2/domainnames", _) => return "apigatewayv2:GetDomainNames".into(),
            ("lambda", "GET", "/2015-03-31/functions", _) => "ListFunctions",
            ("lambda", "GET", "/2015-03-31/event-source-mappings", _) => "ListEventSourceMappings",
            ("s3control", "GET", "/v20180820/accesspoint", _) => "ListAccessPoints",
            ("s3control", "GET", "/v20180820/mrap/instances", _) => "ListMultiRegionAccessPoints",
            ("s3control", "GET", _, _) => "GetPublicAccessBlock",
            ("s3control", "PUT", _, _) => "PutPublicAccessBlock",
            ("s3control", "DELETE", _, _) => "DeletePublicAccessBlock",
            ("s3", "GET", "/", _) => "ListBuckets",
            ("s3", "HEAD", _, _) => "HeadBucket",
            ("s3", "GET", _, "acl") => "GetBucketAcl",
            ("s3", "GET", _, "lifecycle") => "GetBucketLifecycleConfiguration",
            ("s3", "GET", _, "policy") => "GetBucketPolicy",
            ("s3", "GET", _, "policyStatus") => "GetBucketPolicyStatus",
            ("s3", "GET", _, "versioning") => "GetBucketVersioning",
            ("s3", "GET", _, "publicAccessBlock") => "GetPublicAccessBlock",
            ("s3", "PUT", _, "lifecycle") => "PutBucketLifecycleConfiguration",
            ("s3", "PUT", _, "policy") => "PutBucketPolicy",
            ("s3", "PUT", _, "versioning") => "PutBucketVersioning",
            ("s3", "PUT", _, "publicAccessBlock") => "PutPublicAccessBlock",
            ("s3", "PUT", _, "") => "CreateBucket",
            ("sesv2", "GET", "/v2/email/account", _) => "GetAccount",
            ("sesv2", "GET", "/v2/email/identities", _) => "ListEmailIdentities",
            ("sesv2", "GET", "/v2/email/configuration-sets", _) => "ListConfigurationSets",
            ("sesv2", "GET", path, _) if path.ends_with("/policies") => "GetEmailIdentityPolicies",
            ("sesv2", "GET", _, _) => "GetConfigurationSet",
            ("synthetics", "POST", "/canaries", _) => "DescribeCanaries",
            _ => call,
        };
        format!("{service}:{name}")
    }
}

/// CloudFront's operations by their method and path.
fn cloudfront(method: &str, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_start_matches("/2020-05-31/").split('/').collect();
    match (method, &parts[..]) {
        ("GET", ["distribution"]) => "ListDistributions",
        ("GET", ["distribution", _, "config"]) => "GetDistributionConfig",
        ("PUT", ["distribution", _, "config"]) => "UpdateDistribution",
        ("GET", ["tagging"]) => "ListTagsForResource",
        ("GET", ["function"]) => "ListFunctions",
        ("POST", ["function"]) => "CreateFunction",
        ("GET", ["function", _]) => "GetFunction",
        ("PUT", ["function", _]) => "UpdateFunction",
        ("DELETE", ["function", _]) => "DeleteFunction",
        ("GET", ["function", _, "describe"]) => "DescribeFunction",
        ("POST", ["function", _, "publish"]) => "PublishFunction",
        _ => "unknown",
    }
}

#[derive(Clone)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: u16,
    delay: Duration,
    rules: Vec<(At, Fate)>,
    started: Instant,
    log: Mutex<Vec<Seen>>,
    client: Mutex<Option<Arc<Mutex<Child>>>>,
    client_known: Condvar,
    lost: AtomicBool,
    killed: AtomicBool,
    under_way: AtomicUsize,
}

impl Proxy {
    pub fn start(upstream: u16, delay: Duration, rules: &[(At, Fate)]) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        let shared = Arc::new(Shared {
            upstream,
            delay,
            rules: rules.to_vec(),
            started: Instant::now(),
            log: Mutex::default(),
            client: Mutex::default(),
            client_known: Condvar::new(),
            lost: AtomicBool::new(false),
            killed: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
        });
        let proxy = Proxy { port, shared };
        let serving = proxy.shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = serving.clone();
                thread::spawn(move || shared.serve(&stream));
            }
        });
        proxy
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process to kill.
    pub fn client(&self, child: &Arc<Mutex<Child>>) {
        *self.shared.client.lock().expect("not poisoned") = Some(child.clone());
        self.shared.client_known.notify_all();
    }

    /// What arrived until now, in order.
    pub fn log(&self) -> Vec<Seen> {
        self.shared.log.lock().expect("not poisoned").clone()
    }

    pub fn killed(&self) -> bool {
        self.shared.killed.load(SeqCst)
    }

    /// Waits until nothing is on its way to moto any more.
    pub fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.shared.under_way.load(SeqCst) > 0 {
            assert!(Instant::now() < deadline, "requests are still on their way");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Shared {
    fn serve(self: &Arc<Self>, stream: &TcpStream) {
        self.under_way.fetch_add(1, SeqCst);
        // A client that is killed leaves broken connections: nothing to report.
        let _ = self.pass(stream);
        self.under_way.fetch_sub(1, SeqCst);
    }

    fn pass(self: &Arc<Self>, mut stream: &TcpStream) -> io::Result<()> {
        let Some(request) = Request::read(stream)? else { return Ok(()) };
        let (number, fate) = self.count(&request);
        thread::sleep(self.delay / 2);
        match fate {
            Some(Fate::Kill(Moment::Before)) => {
                self.lost.store(true, SeqCst);
                self.kill();
            }
            Some(Fate::Throttle) => {
                thread::sleep(self.delay / 2);
                return stream.write_all(&request.throttled());
            }
            Some(Fate::Refuse(code)) => {
                thread::sleep(self.delay / 2);
                return stream.write_all(&request.refused(code));
            }
            Some(Fate::Answer(body)) => return stream.write_all(&answer("200 OK", "text/xml", body)),
            _ => {}
        }
        if self.lost.load(SeqCst) || fate == Some(Fate::Drop(Moment::Before)) {
            return Ok(());
        }
        let answer = self.forward(&request)?;
        self.log.lock().expect("not poisoned")[number].done = true;
        match fate {
            Some(Fate::Kill(Moment::After)) => self.kill(),
            Some(Fate::Drop(Moment::After)) => return Ok(()),
            _ => {}
        }
        thread::sleep(self.delay / 2);
        stream.write_all(&answer)
    }

    /// Notes the request; what is to happen to it.
    fn count(self: &Arc<Self>, request: &Request) -> (usize, Option<Fate>) {
        let mut log = self.log.lock().expect("not poisoned");
        let (operation, write) = (request.operation(), request.writes());
        let requests = log.len() + 1;
        let writes = log.iter().filter(|seen| seen.write).count() + usize::from(write);
        let alike = log.iter().filter(|seen| seen.operation == operation).count() + 1;
        let here = |at: &At| match *at {
            At::Request(n) => n == requests,
            At::Write(n) => write && n == writes,
            At::Operation(name, n) => name == operation && n == alike,
            At::Each(name) => name == operation,
            At::AfterFirstWrite(_) => false,
        };
        let fate = self.rules.iter().find(|(at, _)| here(at)).map(|(_, fate)| *fate);
        if write && writes == 1 {
            for (at, fate) in &self.rules {
                if let (At::AfterFirstWrite(wait), Fate::Kill(moment)) = (at, fate) {
                    self.clone().kill_after(*wait, *moment);
                }
            }
        }
        let region = request.region().to_owned();
        log.push(Seen { operation, region, write, at: self.started.elapsed(), done: false });
        (requests - 1, fate)
    }

    fn kill_after(self: Arc<Self>, wait: Duration, moment: Moment) {
        self.under_way.fetch_add(1, SeqCst);
        thread::spawn(move || {
            thread::sleep(wait);
            self.lost.store(moment == Moment::Before, SeqCst);
            self.kill();
            self.under_way.fetch_sub(1, SeqCst);
        });
    }

    /// SIGKILL, unless it ended by itself already.
    fn kill(&self) {
        let known = self.client.lock().expect("not poisoned");
        let (known, _) = self
            .client_known
            .wait_timeout_while(known, PATIENCE, |client| client.is_none())
            .expect("not poisoned");
        let mut child = known.as_ref().expect("a client to kill").lock().expect("not poisoned");
        if child.try_wait().is_ok_and(|ended| ended.is_none()) {
            child.kill().expect("SIGKILL can be sent");
            child.wait().expect("it ends");
            self.killed.store(true, SeqCst);
        }
    }

    fn forward(&self, request: &Request) -> io::Result<Vec<u8>> {
        let mut upstream = TcpStream::connect(("127.0.0.1", self.upstream))?;
        upstream.write_all(&request.bytes())?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// Waits for a process that another thread may kill meanwhile.
pub fn ended(child: &Mutex<Child>) -> std::process::ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.lock().expect("not poisoned").try_wait().expect("it can be waited for") {
            return status;
        }
        assert!(Instant::now() < deadline, "the process does not end");
        thread::sleep(Duration::from_millis(5));
    }
}
