//! Timestamps of records as people read them: UTC, to the millisecond.
//!
//! Pure.

/// `timestamp_ms` since 1970 as `2013-01-01T05:00:00.000Z`; the number itself when it is no date of four digits.
pub fn for_people(timestamp_ms: i64) -> String {
    const DAY_MS: i64 = 86_400_000;
    let (days, ms) = (
        timestamp_ms.div_euclid(DAY_MS),
        timestamp_ms.rem_euclid(DAY_MS),
    );
    // Day 2,932,896 is 9999-12-31.
    if !(0..=2_932_896).contains(&days) {
        return timestamp_ms.to_string();
    }
    let (year, month, day) = civil_from_days(days);
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{:03}Z",
        ms % 1000
    )
}

/// Year, month and day of a day number since 1970, in years that start on the first of March so that the leap day is
/// the last (the algorithm of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms").
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_printed_in_utc() {
        assert_eq!(for_people(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(for_people(1_357_016_400_000), "2013-01-01T05:00:00.000Z");
        assert_eq!(for_people(951_782_400_123), "2000-02-29T00:00:00.123Z");
    }

    #[test]
    fn what_is_no_date_is_printed_as_a_number() {
        assert_eq!(for_people(-1), "-1");
        assert_eq!(for_people(i64::MAX), i64::MAX.to_string());
    }
}
