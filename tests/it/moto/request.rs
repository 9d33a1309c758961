//! What a request of an SDK asks for: service, Region, operation, and whether it writes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// One request as it came, and what it means.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// Reads one request with a `Content-Length`. `None` when the client closed instead.
    pub fn read(stream: &TcpStream) -> io::Result<Option<Request>> {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        loop {
            let before = head.len();
            if reader.read_line(&mut head)? == 0 {
                return Ok(None);
            }
            if &head[before..] == "\r\n" {
                break;
            }
        }
        let mut request = Request { head, body: Vec::new() };
        if request.header("expect").is_some() {
            (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        assert!(request.header("transfer-encoding").is_none(), "no chunks are read here: {}", request.head);
        let length = request.header("content-length").map_or(0, |text| text.parse().unwrap_or(0));
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    /// The bytes to send on: the connection is closed after the answer, and nothing else changes.
    pub fn bytes(&self) -> Vec<u8> {
        let kept = self.head.trim_end().lines().filter(|line| {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            !["connection", "expect"].contains(&name.as_str())
        });
        let mut bytes = kept.collect::<Vec<_>>().join("\r\n").into_bytes();
        bytes.extend_from_slice(b"\r\nConnection: close\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// Key id, date, Region, service: the scope that the signature names.
    fn scope(&self, part: usize) -> &str {
        let credential = self.header("authorization").and_then(|line| line.split("Credential=").nth(1));
        credential.and_then(|scope| scope.split(['/', ',']).nth(part)).unwrap_or_default()
    }

    pub fn region(&self) -> &str {
        self.scope(2)
    }

    /// The service as unplug names it.
    pub fn service(&self) -> &str {
        match self.scope(3) {
            "s3" if self.path().starts_with("/v20180820/") => "s3control",
            "logs" => "cloudwatchlogs",
            "ses" if self.path().starts_with("/v2/") => "sesv2",
            service => service,
        }
    }

    /// `service:Operation`; of a service with paths, `service:METHOD /path`.
    pub fn operation(&self) -> String {
        let service = self.service();
        if let Some(target) = self.header("x-amz-target") {
            return format!("{service}:{}", target.rsplit('.').next().unwrap_or(target));
        }
        let body = String::from_utf8_lossy(&self.body);
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        match action {
            Some(action) => format!("{service}:{action}"),
            None => format!("{service}:{} {}", self.method(), self.path()),
        }
    }

    /// By its name or its method; `GenerateCredentialReport` changes nothing of the account, and some reads
    /// with paths are a POST.
    pub fn writes(&self) -> bool {
        let operation = self.operation();
        let name = operation.split(':').nth(1).unwrap_or_default();
        let reads = [
            "POST /findings",
            "POST /getAlternateContact",
            "POST /getresourceshareassociations",
            "POST /getresourceshares",
        ]
        .contains(&name);
        !reads
            && !["Describe", "Get", "List", "Generate", "Lookup", "GET ", "HEAD ", "POST /canaries"]
                .iter()
                .any(|read| name.starts_with(read))
    }

    /// How this service says that it did not take the call for its rate.
    pub fn throttled(&self) -> Vec<u8> {
        let (status, kind, body) = match self.service() {
            "ec2" => (
                "503 Service Unavailable",
                "text/xml",
                "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit \
                 exceeded.</Message></Error></Errors><RequestID>r</RequestID></Response>",
            ),
            "s3" | "s3control" => (
                "503 Slow Down",
                "application/xml",
                "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
            ),
            "cloudtrail" | "kms" | "secretsmanager" | "support" | "sesv2" => (
                "400 Bad Request",
                "application/x-amz-json-1.1",
                r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
            ),
            _ => (
                "400 Bad Request",
                "text/xml",
                "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate \
                 exceeded</Message></Error><RequestId>r</RequestId></ErrorResponse>",
            ),
        };
        answer(status, kind, body)
    }

    /// An error that AWS answers, of a service with XML or with JSON.
    pub fn refused(&self, code: &str) -> Vec<u8> {
        if self.header("x-amz-target").is_some() {
            let body = format!(r#"{{"__type":"{code}","message":"said by the proxy"}}"#);
            return answer("400 Bad Request", "application/x-amz-json-1.1", &body);
        }
        let error = format!("<Error><Code>{code}</Code><Message>said by the proxy</Message></Error>");
        let body = match self.service() {
            "ec2" => format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"),
            "s3" | "s3control" => error,
            _ => format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"),
        };
        answer("403 Forbidden", "text/xml", &body)
    }
}

pub fn answer(status: &str, kind: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
fn request(line: &str, service: &str, target: Option<&str>, body: &str) -> Request {
    let target = target.map(|name| format!("X-Amz-Target: {name}\r\n")).unwrap_or_default();
    let head = format!(
        "{line} HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=AKIA/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host\r\n{target}\r\n"
    );
    Request { head, body: body.as_bytes().to_vec() }
}

#[test]
fn a_request_says_what_it_asks_for() {
    let query = request("POST /", "ec2", None, "Action=CreateNetworkAcl&VpcId=vpc-1");
    assert_eq!((query.operation().as_str(), query.writes()), ("ec2:CreateNetworkAcl", true));
    assert_eq!(query.region(), "eu-west-1");
    let name = "CloudTrail_20131101.GetTrailStatus";
    let json = request("POST /", "cloudtrail", Some(name), "{}");
    assert_eq!((json.operation().as_str(), json.writes()), ("cloudtrail:GetTrailStatus", false));
    let path = request("PUT /v20180820/configuration/publicAccessBlock", "s3", None, "");
    assert_eq!(path.operation(), "s3control:PUT /v20180820/configuration/publicAccessBlock");
    assert!(path.writes());
    assert!(!request("GET /v2/email/account", "ses", None, "").writes());
    assert_eq!(request("GET /v2/email/account", "ses", None, "").service(), "sesv2");
}
