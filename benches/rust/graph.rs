//! Building the graph from shuffled pairs with repeats, both directions.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use glowrec_benches::{GOWALLA, pairs};
use glowrec_graph::Bipartite;

fn build(c: &mut Criterion) {
    let (rows, cols) = pairs(GOWALLA);
    let mut group = c.benchmark_group("graph");
    group.throughput(Throughput::Elements(rows.len() as u64)).sample_size(20);
    group.bench_function("from_edges", |b| {
        b.iter(|| Bipartite::from_edges(GOWALLA.n_rows, GOWALLA.n_cols, black_box(&rows), &cols));
    });
    group.finish();
}

criterion_group!(benches, build);
criterion_main!(benches);
