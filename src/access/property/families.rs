//! Condition keys with their operators, and values for both sides.

/// A family of condition keys, its operators, and values for both sides.
pub struct Family {
    pub keys: &'static [&'static str],
    pub operators: &'static [&'static str],
    /// Values of requests.
    pub values: &'static [&'static str],
    /// Values of policies.
    pub wanted: &'static [&'static str],
}

pub const FAMILIES: [Family; 8] = [
    Family {
        keys: &["s3:prefix", "aws:PrincipalTag/team", "aws:TagKeys"],
        operators: &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        values: &["red", "RED", "blue", "anna", "a*"],
        wanted: &["red", "Red", "blue", "a*", "${aws:username}", "${*}", "${app:none, 'red'}", "${app:none}"],
    },
    Family {
        keys: &["s3:prefix", "aws:PrincipalTag/team", "aws:TagKeys"],
        operators: &["StringLike", "StringNotLike"],
        values: &["red", "reed", "blue", "anna/x", "a*"],
        wanted: &[
            "r?d",
            "r*",
            "*",
            "b*e",
            "${aws:username}/*",
            "a${*}",
            "Red",
            "${app:none}*",
            "${app:none, 're'}*",
        ],
    },
    Family {
        keys: &["s3:max-keys"],
        operators: &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        values: &["10", "9.5", "-3", "10.0", "many"],
        wanted: &["10", "9.5", "0", "-3.0"],
    },
    Family {
        keys: &["aws:CurrentTime", "aws:TokenIssueTime"],
        operators: &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        values: &["2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", "2019-12-31T23:59:59Z", "1577836801"],
        wanted: &["2020-01-01T00:00:00Z", "2020-01-01", "1577836800", "2019-12-31T23:59:59Z"],
    },
    Family {
        keys: &["aws:SecureTransport", "aws:MultiFactorAuthPresent"],
        operators: &["Bool"],
        values: &["true", "false"],
        wanted: &["true", "false"],
    },
    Family {
        keys: &["app:blob"],
        operators: &["BinaryEquals"],
        values: &["QmluYXJ5", "qmluYXJ5"],
        wanted: &["QmluYXJ5", "AAAA"],
    },
    Family {
        keys: &["aws:SourceIp"],
        operators: &["IpAddress", "NotIpAddress"],
        values: &["203.0.113.7", "198.51.100.1", "2001:db8::7", "10.1.2.3"],
        wanted: &["203.0.113.0/24", "203.0.113.7", "10.9.9.9/8", "2001:db8::/32", "0.0.0.0/0"],
    },
    Family {
        keys: &["aws:SourceArn"],
        operators: &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        values: &["arn:aws:sns:eu-west-1:111111111111:t", "arn:aws:sqs:us-east-1:222222222222:q:x", "none"],
        wanted: &[
            "arn:aws:sns:*:111111111111:*",
            "arn:aws:sns:eu-west-1:111111111111:t",
            "arn:aws:*:*:*:q*",
            "arn:aws:s?s:*:22*:*",
            "arn:aws:sns:*:t:*",
        ],
    },
];
