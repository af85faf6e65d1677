//! `LightGCN`'s read-out beside the bare gathers of the same rows, the limit that memory sets.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use glowrec_benches::{GOWALLA, gathers, pairs};
use glowrec_graph::simd::Level;
use glowrec_graph::{Bipartite, Operator, Workspace, propagate, propagate_bfloat16};

const DIM: usize = 64;
const WEIGHTS: [f64; 4] = [0.25; 4];

fn layers(c: &mut Criterion) {
    let (rows, cols) = pairs(GOWALLA);
    let graph = Bipartite::from_edges(GOWALLA.n_rows, GOWALLA.n_cols, &rows, &cols)
        .expect("the pairs lie in their axes");
    let n_nodes = graph.n_rows() + graph.n_cols();
    let x: Vec<f32> = (0..n_nodes * DIM).map(|i| (i % 251) as f32 / 251.0).collect();
    let (operator, level) = (Operator::default(), Level::current());
    let (indptr, indices) = square(&graph);

    let mut room = Workspace::new();
    let mut group = c.benchmark_group("three layers of 64 columns");
    group.throughput(Throughput::Elements(3 * indices.len() as u64)).sample_size(30);
    group.bench_function("bare gathers", |b| {
        b.iter(|| (0..3).map(|_| gathers(&indptr, &indices, black_box(&x), DIM)[0]).sum::<f32>());
    });
    group.bench_function("propagate", |b| {
        b.iter(|| propagate(&graph, &operator, black_box(&x), DIM, &WEIGHTS, level, &mut room));
    });
    group.bench_function("propagate_bfloat16", |b| {
        b.iter(|| {
            propagate_bfloat16(&graph, &operator, black_box(&x), DIM, &WEIGHTS, level, &mut room)
        });
    });
    group.finish();
}

/// Row starts and columns of the square adjacency, as nodes.
fn square(graph: &Bipartite) -> (Vec<u64>, Vec<u32>) {
    let (by_row, by_col) = (graph.by_row(), graph.by_col());
    let n_edges = graph.n_edges() as u64;
    let below = by_col.indptr()[1..].iter().map(|start| start + n_edges);
    let indptr = by_row.indptr().iter().copied().chain(below).collect();
    let n_rows = graph.n_rows() as u32;
    let right = by_row.indices().iter().map(|col| col + n_rows);
    (indptr, right.chain(by_col.indices().iter().copied()).collect())
}

criterion_group!(benches, layers);
criterion_main!(benches);
