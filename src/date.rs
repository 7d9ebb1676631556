//! Days and instants as feeds and pages write them: one reader for both.
//!
//! Any order a publisher writes, months in sixty languages, zones by name, other calendars where they are plain.
//! What cannot be read is no date, never a guess.

use jiff::{
    Timestamp,
    civil::{Date, Time, date},
};

mod calendar;
mod clock;
mod find;
mod names;
mod order;
mod path;
mod pieces;
mod spelling;
mod standard;
mod zone;

pub(crate) use order::Notation;
pub(crate) use path::find_day_in_path;

use pieces::read_pieces;
use zone::Zone;

/// Characters of a text that is a date and nothing else; the longest form, with the zone in words, has 90.
const MAX_STAMP: usize = 120;
/// Bytes of a line in which a date is looked for.
const MAX_LINE: usize = 320;
/// Characters and letters of a line that is little more than a date, e.g. `Published on Wednesday, 28 September 2024 at 08:12`.
const MAX_DATE_LINE: usize = 60;
const MAX_DATE_LETTERS: usize = 36;
/// The first pages of news were published in these years.
// What is older is the zero of some clock or the date of an event.
const FIRST_DAY: Date = date(1990, 1, 1);

/// Where the clocks of Macintosh, Unix, MS-DOS and GPS begin.
const ZEROS: [Date; 4] = [
    date(1904, 1, 1),
    date(1970, 1, 1),
    date(1980, 1, 1),
    date(1980, 1, 6),
];

/// How much of a moment is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    Month,
    Day,
    Minute,
    Second,
}

impl Precision {
    /// As records write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Day => "day",
            Self::Minute => "minute",
            Self::Second => "second",
        }
    }
}

/// A day, and the instant where one is given with its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// As written, in the publisher's zone.
    pub(crate) day: Date,
    /// The time of the day as written; `Time::MAX` is midnight at its end.
    time: Option<Time>,
    pub(crate) at: Option<Timestamp>,
    pub(crate) precision: Precision,
    /// The time is given in UTC, which may not be the publisher's zone.
    pub(crate) utc: bool,
}

impl Moment {
    /// A day without a time.
    fn of_day(day: Date) -> Self {
        Self {
            day,
            time: None,
            at: None,
            precision: Precision::Day,
            utc: false,
        }
    }

    /// A time of a day, and the instant where its zone is known.
    fn of_time(day: Date, time: Time, seconds: bool, zone: Option<Zone>) -> Self {
        Self {
            day,
            time: Some(time),
            at: zone.and_then(|zone| zone::instant(day, time, Some(zone))),
            precision: if seconds {
                Precision::Second
            } else {
                Precision::Minute
            },
            utc: zone.is_some_and(Zone::is_utc),
        }
    }

    /// The same instant on the day that it is in the publisher's zone.
    pub(crate) fn on_day(self, day: Date) -> Self {
        Self { day, ..self }
    }

    /// Whether this is a local time of the instant: the clocks of all zones show the same quarter of an hour.
    pub(crate) fn is_local_time_of(&self, at: Timestamp) -> bool {
        let there = jiff::tz::TimeZone::UTC.to_datetime(at).time();
        self.time
            .is_some_and(|time| (time.minute() - there.minute()).rem_euclid(15) == 0)
    }

    /// The instant; a time without a zone is taken as UTC, as all feed readers do.
    fn instant_or_utc(&self) -> Option<Timestamp> {
        self.at
            .or_else(|| zone::instant(self.day, self.time.unwrap_or(Time::midnight()), None))
    }
}

/// Reads the date of a feed's item, to the second.
pub(crate) fn read_feed_date(text: &str) -> Option<Timestamp> {
    let moment = read_whole(text, &Notation::default())?;
    Timestamp::from_second(moment.instant_or_utc()?.as_second()).ok()
}

/// What can be believed of the dates of one item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BelievedDates {
    pub(crate) published: Option<Timestamp>,
    pub(crate) updated: Option<Timestamp>,
    /// A date was named, and it is too old to be one of news. The zero of a clock names none.
    pub(crate) refused: bool,
}

/// Of the dates of one item, those that can be believed: one before 1990 needs another that says the same year.
pub(crate) fn believe_dates(
    published: Option<Timestamp>,
    updated: Option<Timestamp>,
) -> BelievedDates {
    let day = |at: Timestamp| jiff::tz::TimeZone::UTC.to_datetime(at).date();
    let named = |at: Option<Timestamp>| at.filter(|at| !is_zero(day(*at)));
    let (published, updated) = (named(published), named(updated));
    let year = |at: Timestamp| day(at).year();
    let old = |at: &Timestamp| year(*at) < FIRST_DAY.year();
    let agreed = published.map(year) == updated.map(year);
    let keep = |at: Option<Timestamp>| at.filter(|at| agreed || !old(at));
    let dates = [published, updated];
    BelievedDates {
        published: keep(published),
        updated: keep(updated),
        refused: !agreed && dates.iter().flatten().any(old),
    }
}

/// Whether a day is where some clock begins, in whatever zone: it was never set.
fn is_zero(day: Date) -> bool {
    /// Of spreadsheets and all older ones, since nothing of them was ever fed: to the end of 1900.
    const OLDEST_YEAR: i16 = 1_900;
    let beside = |zero: Date| (zero.until(day)).is_ok_and(|span| span.get_days().abs() <= 1);
    day.year() <= OLDEST_YEAR || ZEROS.into_iter().any(beside)
}

/// Reads a text that is a date and nothing else: an attribute, a value of a script.
pub(crate) fn read_stamp(text: &str, notation: &Notation) -> Option<Moment> {
    read_whole(text, notation).filter(|moment| notation.believes(moment.day))
}

/// Finds the first date that stands in a line, as people write it.
pub(crate) fn find_date(text: &str, notation: &Notation) -> Option<Moment> {
    if !text.contains(|c: char| c.is_numeric()) {
        return None;
    }
    let text = spelling::simplified(cut_line(text));
    find::find_in_line(&read_pieces(&text, notation), notation)
}

/// Whether a line is little more than a date.
pub(crate) fn is_date_line(line: &str) -> bool {
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    line.chars().count() <= MAX_DATE_LINE
        && letters <= MAX_DATE_LETTERS
        && find_date(line, &Notation::default()).is_some()
}

/// Whether a word, in lower case, is the name of a month of the usual calendar.
pub(crate) fn is_month(word: &str) -> bool {
    names::month(&spelling::bare_word(word), "").is_some()
}

/// Whether a word is the name of a day of the week.
pub(crate) fn is_weekday(word: &str) -> bool {
    names::weekdays(&spelling::bare_word(word.trim_end_matches([',', '.']))).is_some()
}

fn read_whole(text: &str, notation: &Notation) -> Option<Moment> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_STAMP {
        return None;
    }
    // First, since most feeds write it: it is read byte by byte, without a copy of the text.
    if let Some(moment) = standard::rfc_2822(text) {
        return Some(moment);
    }
    let text = spelling::simplified(text);
    let text = text.trim();
    standard::unix(text)
        .or_else(|| standard::iso(text, notation))
        .or_else(|| find::read_stamp(&read_pieces(text, notation), text, notation))
}

fn cut_line(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_LINE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(text: &str) -> String {
        read_feed_date(text)
            .map(|at| at.to_string())
            .unwrap_or_default()
    }

    fn page(language: &str, host: &str) -> Notation {
        Notation::of(Some(language), Some(host), date(2026, 11, 30))
    }

    fn line(text: &str) -> Option<String> {
        find_date(text, &page("en", "paper.example.net")).map(|moment| moment.day.to_string())
    }

    #[test]
    fn dates_as_feeds_write_them() {
        for (text, expected) in [
            ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
            ("Thu, 1 Jan 04 19:48:21 +0530", "2004-01-01T14:18:21Z"),
            ("Fri, Feb 24 2023 08:18:00 PM", "2023-02-24T20:18:00Z"),
            ("January 8, 2004 7:48 PM EST", "2004-01-09T00:48:00Z"),
            ("2003-12-31T10:14:55.123-08:00", "2003-12-31T18:14:55Z"),
            ("2018-12-12T12:12:00", "2018-12-12T12:12:00Z"),
            ("2003-12-31 10:14:55 PST", "2003-12-31T18:14:55Z"),
            ("20031231", "2003-12-31T00:00:00Z"),
            ("2003-12", "2003-12-01T00:00:00Z"),
            ("Wed, 26 Dec 2018 10:00:54", "2018-12-26T10:00:54Z"),
            (
                "mar., 5 décembre 2017 18:36:00 +0100",
                "2017-12-05T17:36:00Z",
            ),
            ("12. März 2019, 14:05", "2019-03-12T14:05:00Z"),
            ("25/03/2004 07:30", "2004-03-25T07:30:00Z"),
            ("3/25/2004 7:30:00 PM", "2004-03-25T19:30:00Z"),
            ("Thu Jan 1 19:48:21 2004", "2004-01-01T19:48:21Z"),
            ("1072986501", "2004-01-01T19:48:21Z"),
            ("mar., 01 déc. 2020 16:11:02 +0000", "2020-12-01T16:11:02Z"),
            (
                "Thu, 29 Oct 2020 07:36:03 GMT-07:00",
                "2020-10-29T14:36:03Z",
            ),
            ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"),
            ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"),
            ("2004년 05월 28일  01:31:15", "2004-05-27T16:31:15Z"),
            ("2004-05-25 오후 11:23:17", "2004-05-25T14:23:17Z"),
            ("03-12-31", "2003-12-31T00:00:00Z"),
            ("-0312", "2003-12-01T00:00:00Z"),
            ("2004-01-01T24:00:00Z", "2004-01-02T00:00:00Z"),
            ("Mon, 6 May 2019 21:40:15+5:30", "2019-05-06T16:10:15Z"),
            ("Tue, Mar 8 2022 11:25:00 -0500", "2022-03-08T16:25:00Z"),
            ("Wed, 13 Sept 2017 08:20:41 +0300", "2017-09-13T05:20:41Z"),
            ("014, 14 Jan 2021 07:05:09 +0000", "2021-01-14T07:05:09Z"),
            ("Fri, 04 Jun 2021 18:0:0 Z", "2021-06-04T18:00:00Z"),
            ("Tue, 14 Jan 25 09:18:27 +0100", "2025-01-14T08:18:27Z"),
            ("Sat, 9 Nov 2024 12:40 PM", "2024-11-09T12:40:00Z"),
            ("4/17/2019 7:30:00 AM", "2019-04-17T07:30:00Z"),
            (
                "Mon Jul 20 2020 18:31:05 GMT+0000 (Coordinated Universal Time)",
                "2020-07-20T18:31:05Z",
            ),
            (
                "2018-07-03 10:12:09.581220437 +0200 CEST",
                "2018-07-03T08:12:09Z",
            ),
            ("Tue, 9 Jun 2015 14:05:00 MEST", "2015-06-09T12:05:00Z"),
            ("Sat, 11 04 2020 08:51:49 +0100", "2020-04-11T07:51:49Z"),
            ("Wed, 19 Aug 2009 18:28:00 Etc/GMT", "2009-08-19T18:28:00Z"),
            ("Nov. 16, 2020, 10:57 a.m.", "2020-11-16T10:57:00Z"),
            ("Jan. 4, 2016, 12:37 p.m.", "2016-01-04T12:37:00Z"),
            ("10/30/23 21:55:58", "2023-10-30T21:55:58Z"),
            ("Fri,24 Nov 2023 18:28:36 -0000", "2023-11-24T18:28:36Z"),
            ("Fri, 23rd Jun 2023 09:32:20 GMT", "2023-06-23T09:32:20Z"),
            ("26 Sep 2022 GMT", "2022-09-26T00:00:00Z"),
            (
                "Wed, 19 Feb 2012 22:40:00 GMT-01:01",
                "2012-02-19T23:41:00Z",
            ),
            ("2023-05-29 00:00:00-13:00", "2023-05-29T13:00:00Z"),
            ("6 2월 2024 10:00 +0900", "2024-02-06T01:00:00Z"),
            ("Tue, 4 Mar 2025 16:20:00 - 0500", "2025-03-04T21:20:00Z"),
            ("Mon, 20 Jul 2020 25:31:05 GMT", "2020-07-20T00:00:00Z"),
            ("/Date(1595269865000)/", "2020-07-20T18:31:05Z"),
            ("/Date(1595269865000+0200)/", "2020-07-20T18:31:05Z"),
        ] {
            assert_eq!(feed(text), expected, "{text}");
        }
    }

    #[test]
    fn an_offset_has_fewer_than_sixty_minutes() {
        assert_eq!(zone::offset("+0159"), Some((119, 5)));
        for text in ["+0199", "+05:75", "-0060", "+1500"] {
            assert_eq!(zone::offset(text), None, "{text}");
        }
    }

    #[test]
    fn a_dash_between_day_and_time_is_no_offset() {
        for (text, expected) in [
            ("17 June 2025 - 08:20", "2025-06-17T08:20:00Z"),
            ("17 June 2025 - 19:35", "2025-06-17T19:35:00Z"),
            ("Tuesday, January 7, 2025 - 13:50", "2025-01-07T13:50:00Z"),
            ("Fri, 07/02/2025 - 11:45", "2025-02-07T11:45:00Z"),
            ("17 January 2025 - 08:20 EST", "2025-01-17T13:20:00Z"),
            ("07.01.2025 - 16:25 +0100", "2025-01-07T15:25:00Z"),
            ("2025-01-07 - 16:25", "2025-01-07T16:25:00Z"),
            ("January 7, 2025 - 2:45 PM", "2025-01-07T14:45:00Z"),
            ("Friday, December 8, 2017 - 3:07pm", "2017-12-08T15:07:00Z"),
            ("Lundi, 16. Novembre 2020 - 15:54", "2020-11-16T15:54:00Z"),
        ] {
            assert_eq!(feed(text), expected, "{text}");
        }
    }

    #[test]
    fn the_weekday_settles_day_and_month() {
        assert_eq!(feed("Thu, 12/05/2024"), "2024-12-05T00:00:00Z");
        assert_eq!(feed("jeudi 05/12/2024"), "2024-12-05T00:00:00Z");
        assert_eq!(feed("星期四 05/12/2024"), "2024-12-05T00:00:00Z");
        assert_eq!(feed("12/05/2024"), "2024-05-12T00:00:00Z");
    }

    #[test]
    fn zones_have_names_and_summer_time() {
        for (text, expected) in [
            ("Mon, 26 January 2004 16:31:00 ET", "2004-01-26T21:31:00Z"),
            ("Mon, 26 July 2004 16:31:00 ET", "2004-07-26T20:31:00Z"),
            ("Mon, 26 July 2004 16:31:00 PT", "2004-07-26T23:31:00Z"),
            ("26 July 2004 16:31 IDT", "2004-07-26T13:31:00Z"),
            ("26 July 2004 16:30 IRST", "2004-07-26T13:00:00Z"),
            ("26 July 2004 16:45 NPT", "2004-07-26T11:00:00Z"),
            ("26 July 2004 16:31 PHT", "2004-07-26T08:31:00Z"),
            ("26 July 2004 16:31 GST", "2004-07-26T12:31:00Z"),
            ("26 July 2004 16:31 CAT", "2004-07-26T14:31:00Z"),
        ] {
            assert_eq!(feed(text), expected, "{text}");
        }
        let israel = page("he", "paper.co.il");
        let moment = find_date("26 July 2004, 16:31 IST", &israel).expect("a date");
        assert_eq!(moment.at, "2004-07-26T13:31:00Z".parse().ok());
    }

    #[test]
    fn a_zone_named_by_its_place_has_the_offset_of_the_day() {
        for (text, expected) in [
            ("2024-01-15 10:00:00 Europe/Paris", "2024-01-15T09:00:00Z"),
            ("2024-07-15 10:00:00 Europe/Paris", "2024-07-15T08:00:00Z"),
            (
                "Mon, 15 Jul 2024 10:00:00 America/New_York",
                "2024-07-15T14:00:00Z",
            ),
            (
                "15 July 2024 10:00 America/Argentina/Buenos_Aires",
                "2024-07-15T13:00:00Z",
            ),
            ("15 July 2024, 10:00 asia/kolkata", "2024-07-15T04:30:00Z"),
            ("2024-07-15T10:15:30[Asia/Karachi]", "2024-07-15T05:15:30Z"),
            (
                "2024-07-15T10:15:30+02:00[Europe/Paris]",
                "2024-07-15T08:15:30Z",
            ),
            ("2024-07-15 10:00 Etc/GMT+5", "2024-07-15T15:00:00Z"),
            // No place of the database.
            ("2024-07-15 10:00 Europe/Atlantis", "2024-07-15T10:00:00Z"),
        ] {
            assert_eq!(feed(text), expected, "{text}");
        }
    }

    #[test]
    fn other_calendars_are_read_where_they_are_plain() {
        assert_eq!(feed("1402/11/17 10:00 +0330"), "2024-02-06T06:30:00Z");
        assert_eq!(feed("۱۷ بهمن ۱۴۰۲"), "2024-02-06T00:00:00Z");
        assert_eq!(feed("14 มีนาคม 2565"), "2022-03-14T00:00:00Z");
        assert_eq!(feed("2567-02-06T10:00:00+07:00"), "2024-02-06T03:00:00Z");
        assert_eq!(
            feed("Tue, 06 Feb 2567 10:00:00 +0700"),
            "2024-02-06T03:00:00Z"
        );
        assert_eq!(feed("الثلاثاء 25 رجب 1445"), "2024-02-06T00:00:00Z");
        assert_eq!(feed("令和6年2月6日"), "2024-02-06T00:00:00Z");
        assert_eq!(feed("民國113年2月6日"), "2024-02-06T00:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "99",
            "2004-13-01",
            "Thu, 32 Jan 2004",
            "n/a",
            "0",
        ] {
            assert_eq!(read_feed_date(text), None, "{text}");
        }
        assert_eq!(line("call 030 1234 5678"), None);
        assert_eq!(line("99.99.2024"), None);
    }

    #[test]
    fn the_day_is_kept_as_written_and_the_instant_in_utc() {
        let moment =
            read_stamp("2024-06-28T01:30:00+05:00", &page("en", "a.example.net")).expect("a date");
        assert_eq!(moment.day, date(2024, 6, 28));
        assert_eq!(moment.at, "2024-06-27T20:30:00Z".parse().ok());
        assert_eq!(moment.precision, Precision::Second);
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for text in [
            "28 June 2024",
            "June 28th, 2024",
            "Friday, Jun. 28, 2024 at 8:12",
            "28. Juni 2024",
            "28 de junio de 2024",
            "28.06.2024, 08:12 Uhr",
            "28/06/2024",
            "2024年6月28日",
            "Fri, 28 Jun 2024 08:12:03 GMT",
            "28 июня 2024",
            "2024/06/28",
            "28 जून 2024",
            "২৮ জুন ২০২৪",
            "28 มิ.ย. 2567",
            "28 יוני 2024",
            "28 ביוני 2024",
            "٢٨ يونيو ٢٠٢٤",
            "28 حزيران / يونيو 2024",
            "۸ تیر ۱۴۰۳",
            "28 جون 2024",
            "2024. június 28.",
            "28. lipnja 2024.",
            "28. kesäkuuta 2024 klo 9.30",
            "ngày 28 tháng 6 năm 2024",
            "Thứ sáu, 28/6/2024, 09:30",
            "28 iunie 2024",
            "28 юни 2024",
            "28 червня 2024",
            "28 Haziran 2024",
            "2024년 6월 28일",
        ] {
            assert_eq!(line(text).as_deref(), Some("2024-06-28"), "{text}");
        }
    }

    #[test]
    fn the_month_stands_first_where_the_publisher_is_american() {
        let day = |language: &str, host: &str| {
            find_date("02/07/2024", &page(language, host)).map(|moment| moment.day.to_string())
        };
        for (language, host, expected) in [
            ("en-GB", "paper.example.com", "2024-07-02"),
            ("en-IN", "paper.example.com", "2024-07-02"),
            ("en-US", "paper.example.com", "2024-02-07"),
            ("en", "paper.example.com", "2024-02-07"),
            ("en", "paper.co.uk", "2024-07-02"),
            ("de", "paper.example.com", "2024-07-02"),
        ] {
            assert_eq!(
                day(language, host).as_deref(),
                Some(expected),
                "{language} {host}"
            );
        }
    }

    #[test]
    fn october_in_croatian_is_november_in_polish() {
        let day = |language: &str| {
            find_date("6. listopada 2024.", &page(language, "a.example.net"))
                .map(|moment| moment.day.month())
        };
        assert_eq!(day("hr"), Some(10));
        assert_eq!(day("pl"), Some(11));
    }

    #[test]
    fn a_path_may_hold_the_day() {
        let day = |path: &str| {
            find_day_in_path(path, &page("en", "a.example.net"))
                .map(|moment| moment.day.to_string())
        };
        assert_eq!(
            day("/news/2019/11/20/title-12").as_deref(),
            Some("2019-11-20")
        );
        assert_eq!(day("/a-20191120-b").as_deref(), Some("2019-11-20"));
        assert_eq!(day("/a/2019/1/2/b").as_deref(), Some("2019-01-02"));
        assert_eq!(day("/news/29-10-2021").as_deref(), Some("2021-10-29"));
        assert_eq!(day("/id/1234567890"), None);
    }

    #[test]
    fn a_date_before_the_web_needs_a_second_that_agrees() {
        let old = "1985-03-01T12:00:00Z".parse().ok();
        let today = "2024-03-01T12:00:00Z".parse().ok();
        let refused = BelievedDates {
            refused: true,
            ..BelievedDates::default()
        };
        assert_eq!(believe_dates(old, None), refused);
        assert_eq!(believe_dates(None, old), refused);
        let once = believe_dates(old, today);
        assert_eq!((once.published, once.updated), (None, today));
        let twice = believe_dates(old, old);
        assert_eq!((twice.published, twice.refused), (old, false));
    }

    #[test]
    fn the_zero_of_a_clock_is_no_date_however_often_it_is_said() {
        for zero in [
            "0001-01-01T00:00:00Z",
            "1899-12-30T00:00:00Z",
            "1900-01-01T00:00:00Z",
            "1904-01-01T00:00:00Z",
            "1969-12-31T19:00:00Z",
            "1970-01-01T00:00:00Z",
            "1970-01-01T08:00:00Z",
            "1980-01-01T00:00:00Z",
        ] {
            let zero = zero.parse().ok();
            assert_eq!(believe_dates(zero, zero), BelievedDates::default());
        }
    }

    proptest::proptest! {
        #[test]
        fn what_jiff_prints_is_read_as_the_same_instant(second in 631_152_000_i64..4_000_000_000, minutes in -12 * 4..=14 * 4_i32) {
            use jiff::{fmt::{rfc2822, strtime}, tz::{Offset, TimeZone}};
            let at = Timestamp::from_second(second).expect("in range");
            let zone = TimeZone::fixed(Offset::from_seconds(minutes * 15 * 60).expect("in range"));
            let zoned = at.to_zoned_datetime(zone);
            let mut forms = vec![
                at.to_string(),
                zoned.to_string(),
                rfc2822::to_string(&zoned).expect("a year of four digits"),
                rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).expect("a year of four digits"),
                second.to_string(),
                at.as_millisecond().to_string(),
            ];
            for form in [
                "%Y-%m-%d %H:%M:%S %z",
                "%Y-%m-%dT%H:%M:%S%:z",
                "%Y%m%dT%H%M%S%z",
                "%Y/%m/%d %H:%M:%S %z",
                "%a %b %e %H:%M:%S %Y %z",
                "%A, %d %B %Y %H:%M:%S %z",
                "%B %d, %Y %I:%M:%S %p %z",
                "%d/%m/%Y %H:%M:%S %z",
                "%d.%m.%Y %H:%M:%S %z",
                "%d %b %Y - %H:%M:%S %z",
                "%s",
            ] {
                forms.push(strtime::format(form, &zoned).expect("a form of strtime"));
            }
            for text in forms {
                proptest::prop_assert_eq!(read_feed_date(&text), Some(at), "{}", text);
            }
        }
    }
}
