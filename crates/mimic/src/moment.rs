//! Times of the tables: civil, to the second, as one number.

use std::fmt;

use jiff::civil::DateTime;

use crate::tally::Reason;

const SECONDS_A_DAY: i64 = 86_400;

/// A civil time: seconds from 1970-01-01T00:00:00, which a table of a hundred million rows keeps in eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    /// Reads `2130-02-24 14:38:00`, a date alone, or another form of ISO 8601. Parts of a second are left away.
    ///
    /// # Errors
    /// It is no time, or before the year 0.
    pub(crate) fn read(text: &[u8]) -> Result<Self, Reason> {
        if let Some(moment) = as_published(text) {
            return Ok(moment);
        }
        let text = std::str::from_utf8(text).map_err(|_| Reason::NotUtf8)?;
        let time: DateTime = text.trim().parse().map_err(|_| Reason::BadDate)?;
        let part = |n: i8| i64::from(n);
        let days = days(i64::from(time.year()), part(time.month()), part(time.day()));
        if time.year() < 0 {
            return Err(Reason::BadDate);
        }
        Ok(Self::at(days, part(time.hour()), part(time.minute()), part(time.second())))
    }

    const fn at(days: i64, hour: i64, minute: i64, second: i64) -> Self {
        Self(days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second)
    }

    /// 24 hours later; none beyond the year 9999.
    pub(crate) fn next_day(self) -> Option<Self> {
        let next = Self(self.0 + SECONDS_A_DAY);
        (next.date().0 <= 9999).then_some(next)
    }

    /// Number of the day: of two moments of one date it is the same.
    pub(crate) const fn day(self) -> i64 {
        self.0.div_euclid(SECONDS_A_DAY)
    }

    /// Seconds from `origin`.
    pub(crate) const fn since(self, origin: Self) -> i64 {
        self.0 - origin.0
    }

    /// So many seconds later.
    pub(crate) fn plus(self, seconds: i32) -> Self {
        Self(self.0 + i64::from(seconds))
    }

    /// Microseconds from 1970-01-01T00:00:00.
    pub(crate) const fn microseconds(self) -> i64 {
        self.0 * 1_000_000
    }

    /// The year.
    pub(crate) const fn year(self) -> i64 {
        self.date().0
    }

    /// The first moment of a year.
    pub(crate) fn of_year(year: i32) -> Self {
        Self(days(i64::from(year), 1, 1) * SECONDS_A_DAY)
    }

    /// Year, month, day (H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`).
    const fn date(self) -> (i64, i64, i64) {
        let shifted = self.day() + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day)
    }
}

impl fmt::Display for Moment {
    /// `2130-02-24T14:38:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let second = self.0.rem_euclid(SECONDS_A_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// Days from 1970-01-01 (H. Hinnant, `days_from_civil`).
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

const fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The two forms in which MIMIC-IV has times. Hundreds of millions are read, so this one is short; what it does not
/// know is left to the calendar's own reader.
fn as_published(text: &[u8]) -> Option<Moment> {
    let digits = |bytes: &[u8]| {
        let digit =
            |sum: Option<i64>, byte: &u8| Some(sum? * 10 + i64::from(byte.is_ascii_digit().then_some(byte - b'0')?));
        bytes.iter().fold(Some(0), digit)
    };
    let (date, time) = text.split_at_checked(10)?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let (year, month, day) = (digits(&[y1, y2, y3, y4])?, digits(&[m1, m2])?, digits(&[d1, d2])?);
    if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
        return None;
    }
    let (hour, minute, second) = match *time {
        [] => (0, 0, 0),
        [b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2] => {
            (digits(&[h1, h2])?, digits(&[m1, m2])?, digits(&[s1, s2])?)
        }
        _ => return None,
    };
    (hour < 24 && minute < 60 && second < 60).then(|| Moment::at(days(year, month, day), hour, minute, second))
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn every_day_reads_and_writes_as_the_calendar_has_it() {
        let mut day = jiff::civil::datetime(0, 1, 1, 23, 59, 7, 0);
        let step = 13.days().hours(1);
        while day.year() < 9990 {
            let written = day.to_string();
            let moment = Moment::read(written.as_bytes()).unwrap();
            assert_eq!((moment.to_string(), moment.year()), (written, i64::from(day.year())));
            let since = day.duration_since(jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0)).as_secs();
            assert_eq!(moment.since(Moment(0)), since);
            day = day.checked_add(step).unwrap();
        }
    }

    #[test]
    fn the_short_reader_and_the_calendar_agree_on_what_is_a_time() {
        for text in [
            "2100-02-29 00:00:00",
            "2096-02-29 00:00:00",
            "2130-13-01",
            "2130-00-01",
            "2130-04-31",
            "2130-04-30",
            "2130-04-30 24:00:00",
            "2130-04-30 23:60:00",
            "2130-04-30T23:59:59",
            "2130-04-30 23:59",
            "2130-04-30 23:59:59.5",
            " 2130-04-30 23:59:59 ",
            "213x-04-30",
            "",
            "yesterday",
        ] {
            let calendar =
                text.trim().parse::<DateTime>().ok().map(|time| time.strftime("%Y-%m-%dT%H:%M:%S").to_string());
            assert_eq!(Moment::read(text.as_bytes()).ok().map(|moment| moment.to_string()), calendar, "{text}");
        }
    }

    #[test]
    fn nothing_is_later_than_the_year_9999() {
        assert!(Moment::read(b"9999-12-31 10:00:00").unwrap().next_day().is_none());
        assert!(Moment::read(b"9999-12-30 10:00:00").unwrap().next_day().is_some());
        assert_eq!(Moment::read(b"-000001-01-01"), Err(Reason::BadDate));
    }
}
