//! How the adjacency is scaled by the degrees of its nodes.

/// A choice of `(p, q)` in `D^-p A D^-q`; `LightGCN` (SIGIR 2020), Table 5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Normalization {
    /// `D^-1/2 A D^-1/2`, the paper's own.
    #[default]
    Sym,
    /// `D^-1/2 A`.
    Left,
    /// `A D^-1/2`.
    Right,
    /// `D^-1 A D^-1`.
    L1Both,
    /// `D^-1 A`.
    L1Left,
    /// `A D^-1`.
    L1Right,
    /// `A` itself.
    None,
}

/// The power of a degree that a row or a column is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    Zero,
    Half,
    One,
}

impl Power {
    /// `degree^-power`, and 0 for an isolated node, whose row and column are empty.
    pub(super) fn scale(self, degree: usize) -> f64 {
        if degree == 0 {
            return 0.0;
        }
        match self {
            Self::Zero => 1.0,
            Self::Half => 1.0 / (degree as f64).sqrt(),
            Self::One => 1.0 / degree as f64,
        }
    }
}

impl Normalization {
    /// Every normalisation, in the order of the paper's table.
    pub const ALL: [Self; 7] =
        [Self::Sym, Self::Left, Self::Right, Self::L1Both, Self::L1Left, Self::L1Right, Self::None];

    /// The name that Python knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sym => "sym",
            Self::Left => "left",
            Self::Right => "right",
            Self::L1Both => "l1_both",
            Self::L1Left => "l1_left",
            Self::L1Right => "l1_right",
            Self::None => "none",
        }
    }

    /// The normalisation called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|normalization| normalization.name() == name)
    }

    /// `(p, q)` of `D^-p A D^-q`.
    pub(super) fn powers(self) -> (Power, Power) {
        use Power::{Half, One, Zero};
        match self {
            Self::Sym => (Half, Half),
            Self::Left => (Half, Zero),
            Self::Right => (Zero, Half),
            Self::L1Both => (One, One),
            Self::L1Left => (One, Zero),
            Self::L1Right => (Zero, One),
            Self::None => (Zero, Zero),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_normalisation() {
        for normalization in Normalization::ALL {
            assert_eq!(Normalization::from_name(normalization.name()), Some(normalization));
        }
        assert_eq!(Normalization::from_name("symmetric"), None);
    }

    #[test]
    fn an_isolated_node_is_scaled_by_zero_never_by_infinity() {
        for power in [Power::Zero, Power::Half, Power::One] {
            assert_eq!(power.scale(0), 0.0);
            assert_eq!(power.scale(1), 1.0);
        }
        assert_eq!((Power::Half.scale(4), Power::One.scale(4)), (0.5, 0.25));
    }
}
