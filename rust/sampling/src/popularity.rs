//! Draws by popularity, exact on what each row may draw.
//!
//! A place is drawn from the table of all places and refused if the row may not draw it: what is
//! accepted has exactly the weights of the possible places. A row that may draw less than half of
//! all weight, or has been refused too often, is answered by inversion instead: a point under the
//! possible weights, laid one after another, is looked for. Both have the same distribution, so
//! their mixture has, and every draw ends after a bounded number of steps.

use glowrec_graph::Csr;
use rayon::prelude::*;

use crate::alias::Alias;
use crate::choices::{Choices, Possible};
use crate::drawn::{Drawn, Words};
use crate::stream::below;

/// Draws from the table before the inversion; at half of the weight, all are refused once in
/// `2^32` times.
const ATTEMPTS: usize = 32;

/// Weights of places and what the rows of one graph may draw of them.
#[derive(Clone, Debug)]
pub(crate) struct Popularity {
    pub(crate) alias: Alias,
    /// The weight that each row may draw.
    free: Box<[u64]>,
    /// How many places weigh anything.
    n_weighing: usize,
    sums: Sums,
}

impl Popularity {
    /// Weighs the columns of `graph` by `degree^beta`.
    pub(crate) fn new(graph: &Csr, choices: &Choices, beta: f64) -> Self {
        let possible = choices.of(graph);
        let mut of_column = vec![0u32; graph.n_cols()];
        for &column in graph.indices() {
            of_column[column as usize] += 1;
        }
        let degrees: Vec<u32> = (0..possible.n_places as u32)
            .map(|place| of_column[possible.column(place) as usize])
            .collect();
        let alias = Alias::new(&degrees, beta);
        let stored = |row: usize| {
            possible.rows.row(row).iter().map(|&place| alias.weight(place)).sum::<u64>()
        };
        let free: Box<[u64]> = (0..graph.n_rows())
            .into_par_iter()
            .map(|row| if possible.listed { stored(row) } else { alias.total() - stored(row) })
            .collect();
        let n_weighing = (0..degrees.len() as u32).filter(|&p| alias.weight(p) > 0).count();
        let searched = |row: &usize| possible.listed || free[*row] < alias.total() / 2;
        let sums = Sums::new(possible, &alias, (0..graph.n_rows()).filter(searched));
        Self { alias, free, n_weighing, sums }
    }

    /// How many places `row` can draw.
    pub(crate) fn n(&self, possible: Possible<'_>, row: usize) -> usize {
        let stored = possible.rows.row(row).iter();
        let weighing = stored.filter(|&&place| self.alias.weight(place) > 0).count();
        if possible.listed { weighing } else { self.n_weighing - weighing }
    }

    /// The weight that is left of what `row` may draw.
    pub(crate) fn left(&self, row: usize, drawn: &Drawn) -> u64 {
        self.free[row] - drawn.places().iter().map(|&place| self.alias.weight(place)).sum::<u64>()
    }

    pub(crate) fn probability(&self, row: usize, place: u32) -> f64 {
        // A row may draw nothing at all, of which every place is no part.
        self.alias.weight(place) as f64 / self.free[row].max(1) as f64
    }

    /// A possible place that has not been drawn, unless none of any weight is left.
    pub(crate) fn draw(
        &self,
        possible: Possible<'_>,
        row: usize,
        words: Words,
        drawn: &Drawn,
    ) -> Option<u32> {
        let left = self.left(row, drawn);
        if left == 0 {
            return None;
        }
        let attempts = match possible.listed {
            true => 0,
            // The first attempt is always made: whole blocks of rows make it side by side.
            false if self.free[row] < self.alias.total() / 2 => 1,
            false => ATTEMPTS,
        };
        let attempted = (0..attempts).map(|attempt| self.alias.draw(words.at(attempt)));
        let accepted = |place: &u32| possible.holds(row, *place) && !drawn.holds(*place);
        attempted.into_iter().find(accepted).or_else(|| {
            let point = below(words.at(ATTEMPTS), left);
            Some(self.over(possible, row, self.past_drawn(possible, row, point, drawn)))
        })
    }

    /// The point under the possible weights, where `point` leaves out those that were drawn.
    fn past_drawn(&self, possible: Possible<'_>, row: usize, mut point: u64, drawn: &Drawn) -> u64 {
        for &place in drawn.places() {
            if self.before(possible, row, place) > point {
                break;
            }
            point += self.alias.weight(place);
        }
        point
    }

    /// The weight of what `row` may draw before a possible place.
    fn before(&self, possible: Possible<'_>, row: usize, place: u32) -> u64 {
        let stored = possible.rows.row(row);
        let n = stored.partition_point(|&other| other < place);
        let sum = self.sum(possible, row, n);
        if possible.listed { sum } else { self.alias.before(place) - sum }
    }

    /// The possible place whose weight lies over `point`.
    fn over(&self, possible: Possible<'_>, row: usize, point: u64) -> u32 {
        let stored = possible.rows.row(row);
        if let Some(sums) = self.sums.of(row, stored.len()) {
            if possible.listed {
                return stored[sums.partition_point(|&sum| sum <= point) - 1];
            }
            let stepped = |i: usize| self.alias.before(stored[i]) - sums[i] <= point;
            let (mut low, mut high) = (0, stored.len());
            while low < high {
                let middle = low.midpoint(high);
                (low, high) = if stepped(middle) { (middle + 1, high) } else { (low, middle) };
            }
            return self.alias.over(point + self.sum(possible, row, low));
        }
        let mut sum = 0;
        for &place in stored {
            if self.alias.before(place) - sum > point {
                break;
            }
            sum += self.alias.weight(place);
        }
        self.alias.over(point + sum)
    }

    /// The weight of the first `n` stored places of `row`.
    fn sum(&self, possible: Possible<'_>, row: usize, n: usize) -> u64 {
        let stored = possible.rows.row(row);
        match self.sums.of(row, stored.len()) {
            Some(sums) if n < sums.len() => sums[n],
            Some(_) if possible.listed => self.free[row],
            Some(_) => self.alias.total() - self.free[row],
            None => stored[..n].iter().map(|&place| self.alias.weight(place)).sum(),
        }
    }
}

/// For some rows, the weights of the stored places before each stored place.
#[derive(Clone, Debug)]
struct Sums {
    rows: Box<[u32]>,
    starts: Box<[u64]>,
    values: Box<[u64]>,
}

impl Sums {
    fn new(possible: Possible<'_>, alias: &Alias, rows: impl Iterator<Item = usize>) -> Self {
        let rows: Box<[u32]> = rows.map(|row| row as u32).collect();
        let (mut starts, mut values) = (Vec::with_capacity(rows.len()), Vec::new());
        for &row in &rows {
            starts.push(values.len() as u64);
            let mut sum = 0;
            for &place in possible.rows.row(row as usize) {
                values.push(sum);
                sum += alias.weight(place);
            }
        }
        Self { rows, starts: starts.into(), values: values.into() }
    }

    fn of(&self, row: usize, degree: usize) -> Option<&[u64]> {
        let at = self.rows.binary_search(&(row as u32)).ok()?;
        Some(&self.values[self.starts[at] as usize..][..degree])
    }
}

#[cfg(test)]
mod tests {
    use glowrec_graph::Bipartite;

    use super::*;
    use crate::limits::Limits;

    /// Every point of every row, by inversion, against the possible places in order.
    #[test]
    fn inversion_gives_every_possible_place_its_weight() {
        // Row 0 holds most of the weight, row 1 little, row 2 all but the last column.
        let edges: Vec<(i64, i64)> = [(0, 1), (0, 2), (0, 4), (1, 3), (1, 1)]
            .into_iter()
            .chain((0..7).map(|column| (2, column)))
            .chain((3..9).map(|row| (row, 1)))
            .collect();
        let (rows, cols): (Vec<i64>, Vec<i64>) = edges.into_iter().unzip();
        let graph = Bipartite::from_edges(9, 9, &rows, &cols).unwrap();
        let graph = graph.by_row();
        let allow = Bipartite::from_edges(9, 9, &[0, 0, 0, 1, 1, 2], &[3, 5, 8, 0, 2, 8]).unwrap();
        for allow in [None, Some(allow.by_row())] {
            for blocked in [&[][..], &[3, 6]] {
                let limits = Limits { exclude: None, allow, blocked };
                let choices = Choices::new(graph, &limits).unwrap();
                let possible = choices.of(graph);
                for beta in [0.0, 1.0] {
                    let found = Popularity::new(graph, &choices, beta);
                    assert!(found.sums.of(0, 3).is_some() || beta == 0.0);
                    for row in 0..3 {
                        check(&found, possible, row);
                    }
                }
            }
        }
    }

    fn check(found: &Popularity, possible: Possible<'_>, row: usize) {
        let places: Vec<u32> = (0..possible.n_places as u32)
            .filter(|&place| possible.holds(row, place) && found.alias.weight(place) > 0)
            .collect();
        assert_eq!(found.n(possible, row), places.len());
        for skipped in 0..=places.len() {
            let mut drawn = Drawn::new();
            places.iter().take(skipped).step_by(2).for_each(|&p| drawn.insert(possible, row, p));
            let mut point = 0;
            for &place in places.iter().filter(|&&place| !drawn.holds(place)) {
                for inside in [point, point + found.alias.weight(place) - 1] {
                    let whole = found.past_drawn(possible, row, inside, &drawn);
                    assert_eq!(found.over(possible, row, whole), place, "row {row}");
                }
                point += found.alias.weight(place);
            }
            assert_eq!(point, found.left(row, &drawn));
        }
    }
}
