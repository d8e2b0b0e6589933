//! Lengths of time as people read them.

use std::time::Duration;

/// A length of time in a sentence: `0.4 s`, `12 s`, `6 min 2 s`, `1 h 5 min`.
pub fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => format!("{:.1} s", duration.as_secs_f64()),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A length of time that is still running: `3 s`, `2:14`, `1:02:14`.
pub fn running(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A guess, as exact as a guess is: `a few seconds`, `about 40 s`, `about 4 min`.
pub fn guessed(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => "a few seconds".to_owned(),
        seconds @ 10..90 => format!("about {} s", seconds.div_ceil(10) * 10),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_exact_as_they_need_be() {
        let all = |millis| {
            let duration = Duration::from_millis(millis);
            [spoken(duration), running(duration), guessed(duration)].join(", ")
        };
        let told = [420, 9_999, 12_000, 360_000, 362_000, 3_900_000].map(all);
        insta::assert_snapshot!(told.join("\n"), @r"
        0.4 s, 0 s, a few seconds
        10.0 s, 9 s, a few seconds
        12 s, 12 s, about 20 s
        6 min, 6:00, about 6 min
        6 min 2 s, 6:02, about 7 min
        1 h 5 min, 1:05:00, about 65 min
        ");
    }
}
