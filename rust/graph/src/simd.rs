//! Which vector instructions the kernels use, chosen once, at run time.

use std::sync::OnceLock;

use crate::error::{Error, Result};

/// An instruction set that every kernel is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What the target guarantees: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    /// AVX2 with FMA, and POPCNT.
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
}

impl Level {
    /// Every level that this processor can run, lowest first.
    pub fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("popcnt");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            if avx512 {
                return &[Self::Baseline, Self::Avx2, Self::Avx512];
            }
            if avx2 {
                return &[Self::Baseline, Self::Avx2];
            }
        }
        &[Self::Baseline]
    }

    /// The level in use: the highest available one, or a lower one named by the environment
    /// variable `GLOWREC_SIMD` (`baseline`, `avx2`, `avx512`), read once per process.
    ///
    /// A name that is none changes nothing here: [`Self::chosen`] is who complains.
    pub fn current() -> Self {
        Self::chosen().unwrap_or(Self::best())
    }

    /// The level in use, or what is wrong with the environment variable.
    ///
    /// # Errors
    ///
    /// [`Error::Level`] for a name that is none.
    pub fn chosen() -> Result<Self> {
        static CHOSEN: OnceLock<Result<Level>> = OnceLock::new();
        CHOSEN
            .get_or_init(|| match std::env::var_os("GLOWREC_SIMD") {
                None => Ok(Self::best()),
                Some(name) => Self::up_to(&name.to_string_lossy()),
            })
            .clone()
    }

    /// The level called `name`, or the highest available one where that is lower or `name` empty.
    fn up_to(name: &str) -> Result<Self> {
        if name.is_empty() {
            return Ok(Self::best());
        }
        let level = Self::from_name(name).ok_or_else(|| Error::Level { found: name.to_owned() });
        Ok(level?.min(Self::best()))
    }

    fn best() -> Self {
        let available = Self::available();
        available[available.len() - 1]
    }

    /// The level called `name` in `GLOWREC_SIMD`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "baseline" => Some(Self::Baseline),
            "avx2" => Some(Self::Avx2),
            "avx512" => Some(Self::Avx512),
            _ => None,
        }
    }

    /// The name that `GLOWREC_SIMD` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

/// Asks for the cache lines of `table[start..start + N]`, if the processor has a way to.
#[inline(always)]
#[allow(unsafe_code)]
pub fn prefetch<T, const N: usize>(table: &[T], start: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for line in lines(table, start, N) {
            // SAFETY: a hint, which may name any address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (table, start);
}

/// The same, into the second cache only: for more than the first one holds.
#[inline(always)]
#[allow(unsafe_code)]
pub fn prefetch_far<T>(table: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        for line in lines(table, 0, table.len()) {
            // SAFETY: a hint, which may name any address.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = table;
}

/// An address in each cache line of `table[start..start + n]`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn lines<T>(table: &[T], start: usize, n: usize) -> impl Iterator<Item = *const i8> {
    let first = table.as_ptr().wrapping_add(start).cast::<i8>();
    (0..(n * size_of::<T>()).div_ceil(64)).map(move |line| first.wrapping_add(64 * line))
}

/// Compiles an `#[inline(always)]` body once per [`Level`] and runs the copy for `level`.
///
/// The body is ordinary safe code over fixed-size arrays of lanes; each copy is vectorised for
/// its level. Bodies that only add and multiply (no fused operation) give the same bits on
/// every level.
///
/// ```ignore
/// dispatched! {
///     /// Sums the gathered rows.
///     pub(crate) fn sum_rows(level, table: &[f32], ids: &[u32], out: &mut [f32]) = sum_rows_body;
/// }
/// ```
#[macro_export]
macro_rules! dispatched {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$(const $const:ident: $const_ty:ty),+ $(,)?>)? (
            level $(, $arg:ident: $ty:ty)* $(,)?
        ) $(-> $ret:ty)? = $($body:ident)::+;
    ) => {
        $(#[$meta])*
        #[inline]
        #[allow(unsafe_code)]
        #[allow(clippy::too_many_arguments)]
        $vis fn $name $(<$(const $const: $const_ty),+>)? (
            level: $crate::simd::Level $(, $arg: $ty)*
        ) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2 $(<$(const $const: $const_ty),+>)? ($($arg: $ty),*) $(-> $ret)? {
                    $($body)::+ $(::<$($const),+>)? ($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                fn avx512 $(<$(const $const: $const_ty),+>)? ($($arg: $ty),*) $(-> $ret)? {
                    $($body)::+ $(::<$($const),+>)? ($($arg),*)
                }
                match level {
                    // SAFETY: `Level::available` lists a level only where its features are.
                    $crate::simd::Level::Avx512 => {
                        return unsafe { avx512 $(::<$($const),+>)? ($($arg),*) };
                    }
                    // SAFETY: as above.
                    $crate::simd::Level::Avx2 => {
                        return unsafe { avx2 $(::<$($const),+>)? ($($arg),*) };
                    }
                    $crate::simd::Level::Baseline => {}
                }
            }
            let _ = level;
            $($body)::+ $(::<$($const),+>)? ($($arg),*)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_chosen_by_its_name_alone() {
        let best = Level::best();
        assert_eq!(Level::up_to(""), Ok(best));
        assert_eq!(Level::up_to("baseline"), Ok(Level::Baseline));
        assert_eq!(Level::up_to("avx512"), Ok(best));
        for name in ["AVX2", " avx2", "sse"] {
            assert_eq!(Level::up_to(name), Err(Error::Level { found: name.to_owned() }));
        }
    }
}
