//! The scores that a row's columns are counted against.

use std::ops::Range;

use glowrec_graph::simd::Level;

use crate::lanes::{LANES, Score};
use crate::places::Place;

/// Scores in ascending order, each once, and how many candidates are above and level with them.
#[derive(Debug)]
pub(crate) struct Steps<S> {
    scores: Vec<S>,
    /// Candidates counted as above each step.
    above: Vec<u64>,
    /// Candidates counted as above the first `n` steps and no more, by `n`.
    passing: Vec<u64>,
    level_with: Vec<u64>,
    /// Lanes of one group that are level with each step.
    masks: Vec<u32>,
    /// By step, then column.
    targets: Vec<Target>,
    /// Which of the targets stand on each step.
    standing: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Target {
    column: u32,
    /// Where its place is written.
    slot: usize,
    /// Candidates with the same score and a lower column.
    before: u64,
}

impl<S: Score> Steps<S> {
    /// The steps of targets given as (score, column, slot), columns ascending.
    pub(crate) fn new(mut targets: Vec<(S, u32, usize)>) -> Self {
        targets.retain(|(score, ..)| !score.is_nan());
        // Stable: columns keep ascending among equals.
        targets.sort_by(|a, b| a.0.partial_cmp(&b.0).expect("no NaN is left"));
        let mut scores: Vec<S> = vec![];
        let mut standing: Vec<Range<usize>> = vec![];
        for (i, &(score, ..)) in targets.iter().enumerate() {
            if scores.last() != Some(&score) {
                scores.push(score);
                standing.push(i..i);
            }
            standing.last_mut().expect("pushed above").end = i + 1;
        }
        let target = |(_, column, slot)| Target { column, slot, before: 0 };
        let targets = targets.into_iter().map(target).collect();
        let n = scores.len();
        Self {
            scores,
            above: vec![0; n],
            passing: vec![0; n + 1],
            level_with: vec![0; n],
            masks: vec![0; n],
            targets,
            standing,
        }
    }

    /// One step without targets; none if it is NaN.
    pub(crate) fn one(score: S) -> Self {
        let mut steps = Self::new(vec![(score, 0, 0)]);
        steps.targets.clear();
        steps.standing.fill(0..0);
        steps
    }

    /// The score that one must exceed, or be NaN, to count for any step.
    pub(crate) fn bound(&self) -> S {
        match self.scores.first() {
            None => S::INFINITY,
            Some(&lowest) if lowest == S::NEG_INFINITY => S::NAN,
            Some(lowest) => lowest.next_down(),
        }
    }

    /// Counts the `lanes` of the group from column `first` on; they hold all candidates over
    /// [`Self::bound`]. Gives the first column that is NaN.
    pub(crate) fn count(
        &mut self,
        level: Level,
        group: &[S; LANES],
        first: u32,
        lanes: u32,
    ) -> Result<(), u32> {
        let nan = S::first_over(level, std::slice::from_ref(group), S::INFINITY);
        let nan = nan.map_or(0, |(_, over)| over & lanes);
        if nan != 0 {
            return Err(first + nan.trailing_zeros());
        }
        // Few steps are compared with all lanes at once, many are searched for each lane.
        if self.scores.len() <= 2 * lanes.count_ones() as usize {
            self.count_by_step(level, group, first, lanes);
        } else {
            self.count_by_lane(group, first, lanes);
        }
        Ok(())
    }

    fn count_by_step(&mut self, level: Level, group: &[S; LANES], first: u32, lanes: u32) {
        let Self { scores, above, masks, .. } = self;
        let n = S::tally(level, group, lanes, scores, above, masks);
        for step in 0..n {
            if self.masks[step] != 0 {
                self.meet(step, first, self.masks[step]);
            }
        }
    }

    fn count_by_lane(&mut self, group: &[S; LANES], first: u32, mut lanes: u32) {
        while lanes != 0 {
            let lane = lanes.trailing_zeros();
            lanes &= lanes - 1;
            let score = group[lane as usize];
            let step = self.scores.partition_point(|&step| step < score);
            self.passing[step] += 1;
            if self.scores.get(step) == Some(&score) {
                self.meet(step, first, 1 << lane);
            }
        }
    }

    /// Counts lanes that are level with a step.
    fn meet(&mut self, step: usize, first: u32, lanes: u32) {
        self.level_with[step] += u64::from(lanes.count_ones());
        for target in &mut self.targets[self.standing[step].clone()] {
            let lower = u64::from(target.column.saturating_sub(first)).min(LANES as u64);
            let before = u64::from(lanes) & ((1 << lower) - 1);
            target.before += u64::from(before.count_ones());
        }
    }

    /// Candidates that are level with the only step.
    pub(crate) fn level_with(&self) -> i64 {
        self.level_with.first().map_or(0, |count| count.cast_signed())
    }

    /// Writes the place of each target into its slot.
    pub(crate) fn write(&self, out: &mut [Place]) {
        let mut passing = 0;
        for (step, standing) in self.standing.iter().enumerate().rev() {
            passing += self.passing[step + 1];
            for target in &self.targets[standing.clone()] {
                out[target.slot] = Place {
                    score: self.scores[step].into(),
                    above: (self.above[step] + passing).cast_signed(),
                    before: target.before.cast_signed(),
                    tied: (self.level_with[step] - 1).cast_signed(), // without the target itself
                };
            }
        }
    }
}
