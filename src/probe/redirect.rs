//! Where a redirect leads: to the same host, or to another one, which is not asked.

use hyper::Uri;

/// Where the next request would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same host: this path and query.
    Here(String),
    /// Another host, another port, or without TLS: what the server wrote.
    Elsewhere(String),
}

/// Reads the `Location` of a redirect that `host` sent for `path`.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2>
pub fn next(host: &str, path: &str, location: &str) -> Next {
    let elsewhere = || Next::Elsewhere(location.to_owned());
    let location = location.split('#').next().unwrap_or_default();
    let absolute = match location {
        _ if location.starts_with("//") => format!("https:{location}"),
        _ if location.starts_with('/') => format!("https://{host}{location}"),
        _ if location.starts_with('?') => format!("https://{host}{}{location}", without_query(path)),
        _ if location.contains("://") => location.to_owned(),
        // `mailto:…`, or a path that begins with a name.
        _ if location.split('/').next().is_some_and(|first| first.contains(':')) => return elsewhere(),
        _ => {
            let folder = without_query(path).rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("https://{host}{folder}/{location}")
        }
    };
    let Ok(uri) = absolute.parse::<Uri>() else { return elsewhere() };
    let same = uri.host().is_some_and(|to| to.trim_end_matches('.').eq_ignore_ascii_case(host));
    let port = uri.port_u16().is_none_or(|port| port == 443);
    let named = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if uri.scheme_str() == Some("https") && same && port && named {
        Next::Here(uri.path_and_query().map_or("/", |path| path.as_str()).to_owned())
    } else {
        elsewhere()
    }
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_followed_on_the_same_host_alone() {
        let of = |location: &str| next("shop.example.com", "/a/b?c=d", location);
        for (location, path) in [
            ("/en/", "/en/"),
            ("/en/?x=/y#part", "/en/?x=/y"),
            ("en", "/a/en"),
            ("?page=2", "/a/b?page=2"),
            ("", "/a/"),
            ("https://SHOP.example.com./x", "/x"),
            ("https://shop.example.com:443", "/"),
            ("//shop.example.com/x", "/x"),
        ] {
            assert_eq!(of(location), Next::Here(path.into()), "{location}");
        }
        for location in [
            "https://www.example.com/",
            "//evil.example/shop.example.com/",
            "http://shop.example.com/",
            "https://shop.example.com:8443/",
            "https://shop.example.com@evil.example/",
            "https://user@shop.example.com/",
            "https://shop.example.com.evil.example/",
            "mailto:shop@example.com",
            "https://a b/",
        ] {
            assert_eq!(of(location), Next::Elsewhere(location.into()), "{location}");
        }
    }
}
