//! What a list can be judged by.

/// Defines an enum whose variants have the names that people give.
macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($(#[$about:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind { $($(#[$about])* $variant,)+ }

        impl $kind {
            /// Every variant.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// What people call it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The one that is called so.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.name() == name)
            }
        }
    };
}
pub(crate) use named;

named! {
    /// What a list is judged by within its first `k` places.
    Metric {
        /// Hits over relevant columns.
        Recall = "recall",
        /// Hits over places.
        Precision = "precision",
        /// Harmonic mean of recall and precision.
        F1 = "f1",
        /// Whether there is a hit.
        Hit = "hit",
        /// Discounted gain over that of an ideal list.
        Ndcg = "ndcg",
        /// Discounted gain.
        Dcg = "dcg",
        /// 1 over the rank of the first hit.
        Mrr = "mrr",
        /// Mean of the precisions at the relevant columns.
        Map = "map",
    }
}
