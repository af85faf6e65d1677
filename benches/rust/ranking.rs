//! The best 20 of Gowalla's items for some of its users, with and without codes.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use glowrec_benches::{GOWALLA, normal};
use glowrec_graph::simd::Level;
use glowrec_ranking::{Codes, Columns, Dots, Queries, Ranker, Table};

const N_ROWS: usize = 2048;
const K: usize = 20;

fn top_k(c: &mut Criterion) {
    for dim in [64, 256] {
        let (rows, cols) = (normal(N_ROWS * dim, 1), normal(GOWALLA.n_cols * dim, 2));
        let rows = Table::new("rows", &rows, N_ROWS, dim).expect("rows of one length");
        let cols = Table::new("cols", &cols, GOWALLA.n_cols, dim).expect("rows of one length");
        let cols = Columns::from(cols);
        let ids: Vec<u32> = (0..N_ROWS as u32).collect();
        let (mut columns, mut scores) = (vec![0; N_ROWS * K], vec![0.0; N_ROWS * K]);

        let mut group = c.benchmark_group(format!("top {K} of {dim} dimensions"));
        group.throughput(Throughput::Elements((N_ROWS * GOWALLA.n_cols) as u64)).sample_size(10);
        for dots in Dots::available() {
            group.bench_function(BenchmarkId::new("codes", format!("{dots:?}")), |b| {
                b.iter(|| Codes::always(&cols, &rows, dots));
            });
        }
        // The baseline is the definition: where fused operations are calls, it takes minutes.
        for &level in Level::available().iter().filter(|&&level| level > Level::Baseline) {
            let ways = Dots::available().into_iter().map(Some).chain([None]);
            for dots in ways.filter(|dots| dots.is_none_or(|dots| dots == Dots::of(level))) {
                let codes = dots.and_then(|dots| Codes::always(&cols, &rows, dots));
                let ranker = Ranker::new(rows, cols, None, K, level).expect("dimensions agree");
                let ranker = ranker.with_codes(codes.as_ref()).expect("codes of these columns");
                let queries = Queries { rows: &ids, ids: &ids };
                group.bench_function(BenchmarkId::new(level.name(), format!("{dots:?}")), |b| {
                    b.iter(|| black_box(ranker.top_k(queries, &mut columns, &mut scores)));
                    let pruned = ranker.top_k(queries, &mut columns, &mut scores);
                    let each = |n: u64| n as f64 / N_ROWS as f64;
                    if let (Ok(pruned), Some(_)) = (pruned, dots) {
                        let [kept, exact] = [pruned.kept, pruned.scored].map(each);
                        eprintln!("per row {kept:.1} kept, {exact:.1} scored");
                    }
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, top_k);
criterion_main!(benches);
