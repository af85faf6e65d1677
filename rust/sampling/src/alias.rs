//! Weighted draws in constant time, without rounding.

use crate::power::powers;

/// Whole-number weights of places, and the table that draws by them (Walker, "An efficient method
/// for generating discrete random variables with general distributions", TOMS 1977; built as by
/// Vose, TSE 1991).
///
/// The weights add up to a power of two, and so do the cells of the table, so that one word of 64
/// bits is one draw: its upper bits name a cell, its lower ones a point inside. Every word counts
/// and none is rejected, so the draw has exactly these weights.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    cells: Box<[Cell]>,
    /// Binary logarithm of the number of cells.
    bits: u32,
    /// Binary logarithm of the points in a cell.
    depth: u32,
    /// The weights of all places before each, and at last of all.
    before: Box<[u64]>,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    /// Points below are the place with the cell's own number, the others the alias.
    limit: u32,
    alias: u32,
}

impl Alias {
    /// Weights that are proportional to `degree^beta`, to one part in about `2^32` of their mean;
    /// those of degree 0 weigh nothing unless `beta` is 0, all others at least 1.
    pub(crate) fn new(degrees: &[u32], beta: f64) -> Self {
        let bits = degrees.len().next_power_of_two().ilog2();
        let depth = (63 - bits).min(32);
        let before = weights(&powers(degrees, beta), degrees, beta, 1 << (bits + depth));
        let cells = cells(&before, bits, depth);
        Self { cells, bits, depth, before }
    }

    /// The weight of everything: a power of two, or 0 if nothing weighs anything.
    pub(crate) fn total(&self) -> u64 {
        self.before[self.before.len() - 1]
    }

    /// The weights of all places before `place`.
    #[inline(always)]
    pub(crate) fn before(&self, place: u32) -> u64 {
        self.before[place as usize]
    }

    #[inline(always)]
    pub(crate) fn weight(&self, place: u32) -> u64 {
        self.before[place as usize + 1] - self.before[place as usize]
    }

    /// The place whose weight lies over `point` where the weights stand one after another.
    pub(crate) fn over(&self, point: u64) -> u32 {
        (self.before.partition_point(|&before| before <= point) - 1) as u32
    }

    /// The cells, for prefetching, and the cell of a word.
    #[inline(always)]
    pub(crate) fn ask(&self, word: u64) {
        crate::prefetch::prefetch(&self.cells, self.cell(word));
    }

    /// The place that a uniform word draws.
    #[inline(always)]
    pub(crate) fn draw(&self, word: u64) -> u32 {
        let number = self.cell(word);
        let cell = self.cells[number];
        let point = word & ((1 << self.depth) - 1);
        std::hint::select_unpredictable(point < u64::from(cell.limit), number as u32, cell.alias)
    }

    #[inline(always)]
    fn cell(&self, word: u64) -> usize {
        // Shifting by 64 at once is not defined; one cell needs it.
        (word >> 1 >> (63 - self.bits)) as usize
    }
}

/// The weights before each place and of all: 1 for each that weighs anything, the rest by share.
fn weights(powers: &[u64], degrees: &[u32], beta: f64, total: u64) -> Box<[u64]> {
    let weighs = |place: usize| beta == 0.0 || degrees[place] > 0;
    let n = (0..powers.len()).filter(|&place| weighs(place)).count() as u64;
    let sum: u128 = powers.iter().map(|&power| u128::from(power)).sum();
    // Shares are of 64 bits, so that a product with the total has 127.
    let shift = (128 - sum.leading_zeros()).saturating_sub(64);
    let shares: u128 = powers.iter().map(|&power| u128::from(power >> shift)).sum();
    let mut before = Vec::with_capacity(powers.len() + 1);
    let (mut share, mut weighing) = (0u128, 0u64);
    before.push(0);
    for (place, &power) in powers.iter().enumerate() {
        share += u128::from(power >> shift);
        weighing += u64::from(weighs(place));
        let rest = if n == 0 { 0 } else { u128::from(total - n) * share / shares };
        before.push(weighing + rest as u64);
    }
    before.into()
}

fn cells(before: &[u64], bits: u32, depth: u32) -> Box<[Cell]> {
    let (n, size) = (1usize << bits, 1u64 << depth);
    let mut cells: Box<[Cell]> = (0..n).map(|i| Cell { limit: 0, alias: i as u32 }).collect();
    if before[before.len() - 1] == 0 {
        return cells;
    }
    let weight = |i: usize| before.get(i + 1).map_or(0, |after| after - before[i]);
    let mut left: Vec<u64> = (0..n).map(weight).collect();
    let (mut low, mut high): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for (i, &weight) in left.iter().enumerate() {
        if weight < size { low.push(i) } else { high.push(i) }
    }
    // Weights fill the cells exactly: while one is too low, another one is high enough.
    while let (Some(poor), Some(&rich)) = (low.pop(), high.last()) {
        cells[poor] = Cell { limit: left[poor] as u32, alias: rich as u32 };
        left[rich] -= size - left[poor];
        if left[rich] < size {
            high.pop();
            low.push(rich);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points of each place, counted over all cells.
    fn points(alias: &Alias) -> Vec<u64> {
        let mut points = vec![0; alias.cells.len()];
        for (i, cell) in alias.cells.iter().enumerate() {
            points[i] += u64::from(cell.limit);
            points[cell.alias as usize] += (1u64 << alias.depth) - u64::from(cell.limit);
        }
        points
    }

    #[test]
    fn the_table_holds_exactly_the_weights() {
        for beta in [0.0, 0.5, 0.75, 1.0, 3.0, 40.0] {
            for n in [1usize, 2, 3, 7, 64, 65, 1000] {
                let degrees: Vec<u32> = (0..n as u32).map(|i| i * i % 97 * (i % 5)).collect();
                let alias = Alias::new(&degrees, beta);
                let points = points(&alias);
                let weighing = degrees.iter().any(|&degree| degree > 0) || beta == 0.0;
                if !weighing {
                    assert_eq!(alias.total(), 0);
                    continue;
                }
                assert!(alias.total().is_power_of_two());
                for place in 0..n {
                    assert_eq!(points[place], alias.weight(place as u32), "n = {n}, beta {beta}");
                    assert_eq!(points[place] > 0, beta == 0.0 || degrees[place] > 0);
                }
                assert!(points[n..].iter().all(|&points| points == 0));
            }
        }
    }

    #[test]
    fn weights_are_the_powers_and_points_lie_under_their_place() {
        let degrees = [3, 0, 1, 700, 12, 12];
        let alias = Alias::new(&degrees, 0.75);
        let powers = degrees.map(|degree| f64::from(degree).powf(0.75));
        let sum: f64 = powers.iter().sum();
        for (place, power) in powers.into_iter().enumerate() {
            let share = alias.weight(place as u32) as f64 / alias.total() as f64;
            assert!((share - power / sum).abs() < 1e-9, "{place}: {share}");
        }
        for place in [0, 2, 3, 4, 5] {
            assert_eq!(alias.over(alias.before(place)), place);
            assert_eq!(alias.over(alias.before(place + 1) - 1), place);
        }
    }

    #[test]
    fn a_word_names_a_cell_and_a_point() {
        let alias = Alias::new(&[1, 1, 1, 1], 1.0);
        for place in 0..4u32 {
            assert_eq!(alias.draw(u64::from(place) << 62), place);
            assert_eq!(alias.draw(u64::from(place) << 62 | 0xFFFF_FFFF), place);
        }
        assert_eq!(Alias::new(&[9], 0.75).draw(u64::MAX), 0);
    }
}
