//! Groups of 32 scores compared with bounds, in vector registers.

#[cfg(target_arch = "x86_64")]
mod x86;

use std::fmt::Debug;

use glowrec_graph::simd::Level;

/// Scores of a group, one bit each in a mask of lanes.
pub(crate) const LANES: usize = 32;

/// What an item can be scored with: `f32` or `f64`.
pub trait Score:
    Copy + Debug + PartialOrd + Into<f64> + bytemuck::Zeroable + Send + Sync + 'static
{
    /// A score and a column as one integer: the smaller, the better.
    type Key: Copy + Debug + Ord + Send;
    /// What compares to nothing.
    const NAN: Self;
    /// What only NaN exceeds.
    const INFINITY: Self;
    /// The score of padding.
    const NEG_INFINITY: Self;

    /// Whether it is no score at all.
    fn is_nan(self) -> bool;

    /// Higher scores come first, then lower columns; both zeros are the same score.
    fn key(self, column: u32) -> Self::Key;

    /// The column and the score of a key.
    fn of(key: Self::Key) -> (u32, Self);

    /// The next lower score.
    #[must_use]
    fn next_down(self) -> Self;

    /// The first group with a score that is not at most `bound`, and the lanes of such scores.
    ///
    /// NaN is among them, and under a bound of NaN everything is.
    fn first_over(level: Level, groups: &[[Self; LANES]], bound: Self) -> Option<(usize, u32)>;

    /// For each step in ascending order, until one is above all scores: adds the number of
    /// scores above it, writes the lanes of scores that equal it. Gives the number of steps
    /// that were looked at. Only `lanes` count; none of them is NaN.
    fn tally(
        level: Level,
        group: &[Self; LANES],
        lanes: u32,
        steps: &[Self],
        above: &mut [u64],
        equal: &mut [u32],
    ) -> usize;
}

macro_rules! score {
    ($real:ident, $bits:ident, $key:ident, $first:ident, $tally:ident) => {
        impl Score for $real {
            type Key = $key;
            const NAN: Self = $real::NAN;
            const INFINITY: Self = $real::INFINITY;
            const NEG_INFINITY: Self = $real::NEG_INFINITY;

            #[inline]
            fn is_nan(self) -> bool {
                $real::is_nan(self)
            }

            #[inline]
            fn key(self, column: u32) -> $key {
                const SIGN: $bits = 1 << ($bits::BITS - 1);
                let bits = (self + 0.0).to_bits(); // -0.0 + 0.0 is 0.0
                let ascending = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                $key::from(!ascending) << 32 | $key::from(column)
            }

            #[inline]
            fn of(key: $key) -> (u32, Self) {
                const SIGN: $bits = 1 << ($bits::BITS - 1);
                let ascending = !((key >> 32) as $bits);
                let bits = if ascending & SIGN == 0 { !ascending } else { ascending & !SIGN };
                (key as u32, $real::from_bits(bits))
            }

            #[inline]
            fn next_down(self) -> Self {
                $real::next_down(self)
            }

            #[inline]
            #[allow(unsafe_code)]
            fn first_over(
                level: Level,
                groups: &[[Self; LANES]],
                bound: Self,
            ) -> Option<(usize, u32)> {
                match level {
                    // SAFETY: `Level::available` lists a level only where its features are.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512 => unsafe { x86::avx512::$first(groups, bound) },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => unsafe { x86::avx2::$first(groups, bound) },
                    _ => first_over(groups, bound),
                }
            }

            #[inline]
            #[allow(unsafe_code)]
            fn tally(
                level: Level,
                group: &[Self; LANES],
                lanes: u32,
                steps: &[Self],
                above: &mut [u64],
                equal: &mut [u32],
            ) -> usize {
                match level {
                    // SAFETY: `Level::available` lists a level only where its features are.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512 => unsafe {
                        x86::avx512::$tally(group, lanes, steps, above, equal)
                    },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => unsafe { x86::avx2::$tally(group, lanes, steps, above, equal) },
                    _ => tally(group, lanes, steps, above, equal),
                }
            }
        }
    };
}

score!(f32, u32, u64, first_over_f32, tally_f32);
score!(f64, u64, u128, first_over_f64, tally_f64);

/// [`Score::first_over`] in portable code.
fn first_over<S: Score>(groups: &[[S; LANES]], bound: S) -> Option<(usize, u32)> {
    groups.iter().map(|group| over(group, bound)).enumerate().find(|(_, lanes)| *lanes != 0)
}

fn over<S: Score>(group: &[S; LANES], bound: S) -> u32 {
    lanes(group, |score| !matches!(score.partial_cmp(&bound), Some(o) if o.is_le()))
}

fn lanes<S: Score>(group: &[S; LANES], holds: impl Fn(S) -> bool) -> u32 {
    (0..).zip(group).fold(0, |lanes, (lane, &score)| lanes | u32::from(holds(score)) << lane)
}

/// [`Score::tally`] in portable code: the definition that the other levels must meet.
fn tally<S: Score>(
    group: &[S; LANES],
    among: u32,
    steps: &[S],
    above: &mut [u64],
    equal: &mut [u32],
) -> usize {
    for (i, &step) in steps.iter().enumerate() {
        let over = lanes(group, |score| score > step) & among;
        let same = lanes(group, |score| score == step) & among;
        if over | same == 0 {
            return i;
        }
        above[i] += u64::from(over.count_ones());
        equal[i] = same;
    }
    steps.len()
}

/// Shows every group of a row that has scores over a bound, with its first column and the lanes
/// of such scores; what `look` gives is the new bound.
///
/// # Errors
///
/// The first one of `look`.
pub(crate) fn scan<S: Score, E>(
    level: Level,
    row: &[S],
    mut bound: S,
    mut look: impl FnMut(&[S; LANES], u32, u32) -> Result<S, E>,
) -> Result<(), E> {
    let (groups, rest) = row.as_chunks::<LANES>();
    let mut at = 0;
    while let Some((skipped, lanes)) = S::first_over(level, &groups[at..], bound) {
        at += skipped;
        bound = look(&groups[at], (at * LANES) as u32, lanes)?;
        at += 1;
    }
    if !rest.is_empty() {
        let mut group = [S::NEG_INFINITY; LANES];
        group[..rest.len()].copy_from_slice(rest);
        let exist = u32::MAX >> (LANES - rest.len());
        let found = S::first_over(level, std::slice::from_ref(&group), bound);
        if let Some(lanes) = found.map(|(_, lanes)| lanes & exist)
            && lanes != 0
        {
            look(&group, (groups.len() * LANES) as u32, lanes)?;
        }
    }
    Ok(())
}

/// The excluded columns of a row, as lanes of ascending groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Excluded<'a> {
    rest: &'a [u32],
}

impl<'a> Excluded<'a> {
    /// `columns` ascend.
    pub(crate) fn new(columns: &'a [u32]) -> Self {
        Self { rest: columns }
    }

    /// The excluded lanes of the group from column `first` on; groups ascend from call to call.
    #[inline]
    pub(crate) fn lanes(&mut self, first: u32) -> u32 {
        while let [column, rest @ ..] = self.rest
            && *column < first
        {
            self.rest = rest;
        }
        let inside = self.rest.iter().map(|column| column - first);
        inside.take_while(|&lane| lane < LANES as u32).fold(0, |lanes, lane| lanes | 1 << lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: [f64; 9] =
        [f64::NEG_INFINITY, -2.0, -1e-45, -0.0, 0.0, 1e-45, 2.0, f64::INFINITY, f64::NAN];

    fn group<S: Score>(of: impl Fn(f64) -> S, shift: usize) -> [S; LANES] {
        std::array::from_fn(|lane| of(SOME[(lane * 5 + shift) % SOME.len()]))
    }

    fn every_level_agrees<S: Score>(of: impl Fn(f64) -> S) {
        let steps: Vec<S> = [f64::NEG_INFINITY, -2.0, 0.0, 2.0, f64::INFINITY].map(&of).into();
        for &level in Level::available() {
            for shift in 0..SOME.len() {
                let groups = [[of(-3.0); LANES], group(&of, shift)];
                for bound in SOME.map(&of) {
                    let expected = first_over(&groups, bound);
                    assert_eq!(S::first_over(level, &groups, bound), expected, "{level:?}");
                }
                let real = over(&groups[1], S::INFINITY);
                for among in [!real, 0x00ff_0ff0 & !real, 0] {
                    let (mut above, mut equal) = ([7; 5], [0; 5]);
                    let n = S::tally(level, &groups[1], among, &steps, &mut above, &mut equal);
                    let (mut counts, mut masks) = ([7; 5], [0; 5]);
                    assert_eq!(n, tally(&groups[1], among, &steps, &mut counts, &mut masks));
                    assert_eq!((above, equal), (counts, masks), "{level:?}");
                }
            }
        }
    }

    #[test]
    fn every_level_compares_alike() {
        every_level_agrees(|score| score);
        every_level_agrees(|score| score as f32);
    }

    #[test]
    fn the_portable_code_says_what_is_over() {
        let mut group = [1.0f32; LANES];
        (group[3], group[9], group[30]) = (2.0, f32::NAN, -0.0);
        assert_eq!(first_over(&[[0.0; LANES], group], 1.0), Some((1, 1 << 3 | 1 << 9)));
        assert_eq!(first_over(&[group], f32::INFINITY), Some((0, 1 << 9)));
        assert_eq!(first_over(&[group], f32::NAN), Some((0, u32::MAX)));
        assert_eq!(first_over(&[[0.0; LANES]], 0.0), None);
        let (mut above, mut equal) = ([0; 3], [9; 3]);
        assert_eq!(tally(&group, !(1 << 9), &[0.0, 2.0, 3.0], &mut above, &mut equal), 2);
        assert_eq!((above, equal), ([30, 0, 0], [1 << 30, 1 << 3, 9]));
    }

    #[test]
    fn keys_are_ordered_by_score_then_column_and_both_zeros_are_one() {
        let scores = [f64::INFINITY, 3e38, 1.0, 1e-45, 0.0, -1e-45, -1.0, f64::NEG_INFINITY];
        for pair in scores.windows(2) {
            assert!(pair[0].key(9) < pair[1].key(3), "{pair:?}");
            assert!((pair[0] as f32).key(9) < (pair[1] as f32).key(3), "{pair:?}");
        }
        assert!(2f32.key(3) < 2f32.key(4) && 2f64.key(3) < 2f64.key(4));
        assert_eq!((0f32.key(1), 0f64.key(1)), ((-0f32).key(1), (-0f64).key(1)));
        for score in scores {
            assert_eq!(f64::of(score.key(u32::MAX)), (u32::MAX, score));
            assert_eq!(f32::of((score as f32).key(7)), (7, score as f32));
        }
    }

    #[test]
    fn excluded_columns_become_lanes() {
        let mut excluded = Excluded::new(&[1, 31, 32, 64, 130]);
        assert_eq!(excluded.lanes(0), 1 << 1 | 1 << 31);
        assert_eq!(excluded.lanes(64), 1);
        assert_eq!(excluded.lanes(96), 0);
        assert_eq!(excluded.lanes(128), 1 << 2);
        assert_eq!(Excluded::new(&[]).lanes(0), 0);
    }
}
