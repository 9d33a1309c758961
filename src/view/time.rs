//! How long something takes, in words.

use crate::engine::plan::Time;

/// `about 2 minutes, most of it waiting for AWS`.
pub fn about(time: Time) -> String {
    let most = if time.waiting * 2.0 > time.seconds && time.seconds >= 5.0 {
        ", most of it waiting for AWS"
    } else {
        ""
    };
    format!("{}{most}", words(time.seconds))
}

/// Rounded so that it says no more than is known.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded and never negative")]
fn words(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match seconds {
        ..1.5 => "about a second".into(),
        ..10.0 => format!("about {seconds:.0} seconds"),
        ..55.0 => format!("about {} seconds", ((seconds / 5.0).round() as u64) * 5),
        ..90.0 => "about a minute".into(),
        ..5_400.0 => format!("about {minutes} minutes"),
        _ => format!("about {:.1} hours", seconds / 3_600.0),
    }
}

/// For a column: `<1s`, `45s`, `2m`, `1.5h`.
pub fn short(time: Time) -> String {
    match time.seconds {
        ..1.0 => "<1s".into(),
        seconds @ ..55.0 => format!("{seconds:.0}s"),
        seconds @ ..5_400.0 => format!("{:.0}m", seconds / 60.0),
        seconds => format!("{:.1}h", seconds / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_no_more_than_is_known() {
        let time = |seconds, waiting| Time { seconds, waiting };
        for (time, long, column) in [
            (time(0.4, 0.0), "about a second", "<1s"),
            (time(3.2, 3.0), "about 3 seconds", "3s"),
            (time(23.0, 20.0), "about 25 seconds, most of it waiting for AWS", "23s"),
            (time(61.0, 0.0), "about a minute", "1m"),
            (time(140.0, 120.0), "about 2 minutes, most of it waiting for AWS", "2m"),
            (time(7_200.0, 10.0), "about 2.0 hours", "2.0h"),
        ] {
            assert_eq!((&*about(time), &*short(time)), (long, column));
        }
    }
}
