//! In which partitions of the target a state of the source may be asked for.

use crate::site::Site;

/// The partitions of `to` in which a state may be asked for that lay in partition `part` of `of`: that of its site where
/// it is known. A site's hash leaves the rest `part` when divided by `of`, so any number below `to` that leaves the
/// same rest when divided by what both have in common is possible, and no other.
pub(super) fn home_partitions(
    part: u32,
    of: u32,
    site: Option<&Site>,
    to: u32,
) -> impl Iterator<Item = u32> {
    let known = site.map(|site| site.partition_among(to));
    let step = greatest_common_divisor(of, to);
    (0..to).filter(move |home| known.map_or(home % step == part % step, |known| known == *home))
}

/// The greatest common divisor of two counts of at least 1.
fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a.max(1)
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_state_is_found_in_the_partition_its_site_has_after_the_copy(
            host in "[a-z]{1,12}\\.(org|com|test)", of in 1_u32..40, to in 1_u32..40
        ) {
            let site = Site::of_host(&host);
            let part = site.partition_among(of);
            let unknown: Vec<u32> = home_partitions(part, of, None, to).collect();
            prop_assert!(unknown.contains(&site.partition_among(to)));
            prop_assert_eq!(unknown.len() as u32, to / greatest_common_divisor(of, to));
            let known: Vec<u32> = home_partitions(part, of, Some(&site), to).collect();
            prop_assert_eq!(known, vec![site.partition_among(to)]);
        }
    }

    #[test]
    fn with_the_same_count_a_state_keeps_its_partition() {
        assert_eq!(home_partitions(5, 16, None, 16).collect::<Vec<_>>(), [5]);
        assert_eq!(home_partitions(5, 16, None, 8).collect::<Vec<_>>(), [5]);
        assert_eq!(
            home_partitions(5, 16, None, 32).collect::<Vec<_>>(),
            [5, 21]
        );
    }
}
