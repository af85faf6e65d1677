//! A list as groups of columns with equal scores.

use super::convention::Gain;
use super::lists::OfRow;

/// Columns with one score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// Columns with higher scores.
    pub(crate) start: usize,
    /// Columns in the group, those behind the end of the list included.
    pub(crate) size: usize,
    /// Relevant ones.
    pub(crate) hits: usize,
    /// Their gains together.
    pub(crate) gain: f64,
}

/// The groups of one list, best first, and the gains of all hits in the order of groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) groups: Vec<Group>,
    gains: Vec<f64>,
}

impl Groups {
    /// Cuts a list where `tied` says so, and adds what follows to its last group.
    pub(crate) fn read(
        &mut self,
        list: &[i64],
        tied: &[bool],
        beyond: (usize, &[i64]),
        relevant: OfRow<'_>,
        gain: Gain,
    ) {
        self.groups.clear();
        self.gains.clear();
        for (place, &column) in list.iter().enumerate().take_while(|(_, column)| **column >= 0) {
            if place == 0 || !tied.get(place).is_some_and(|&tied| tied) {
                self.groups.push(Group { start: place, size: 0, hits: 0, gain: 0.0 });
            }
            self.add(1, &[column], relevant, gain);
        }
        self.add(beyond.0, beyond.1, relevant, gain);
    }

    fn add(&mut self, size: usize, columns: &[i64], relevant: OfRow<'_>, gain: Gain) {
        let Some(group) = self.groups.last_mut() else { return };
        group.size += size;
        for place in columns.iter().filter_map(|&column| relevant.place(column)) {
            let gain = relevant.gain(place, gain);
            group.hits += 1;
            group.gain += gain;
            self.gains.push(gain);
        }
    }

    /// Writes ranks and gains of the hits, in each group before all other columns, best first,
    /// or behind them, best last.
    pub(crate) fn order(&mut self, first: bool, ranks: &mut Vec<usize>, gains: &mut Vec<f64>) {
        let mut rest = self.gains.as_mut_slice();
        for group in &self.groups {
            let (own, behind) = rest.split_at_mut(group.hits);
            rest = behind;
            own.sort_unstable_by(|a, b| if first { b.total_cmp(a) } else { a.total_cmp(b) });
            let skipped = if first { 0 } else { group.size - group.hits };
            ranks.extend((1..=group.hits).map(|i| group.start + skipped + i));
            gains.extend_from_slice(own);
        }
    }
}
