//! An epoch of complete triplets.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use glowrec_benches::{GOWALLA, pairs};
use glowrec_graph::Bipartite;
use glowrec_sampling::{Options, Order, Sampler};

fn epoch(c: &mut Criterion) {
    let (rows, cols) = pairs(GOWALLA);
    let graph = Bipartite::from_edges(GOWALLA.n_rows, GOWALLA.n_cols, &rows, &cols)
        .expect("the pairs lie in their axes");
    let n = graph.n_edges();

    let mut group = c.benchmark_group("triplets");
    group.throughput(Throughput::Elements(n as u64)).sample_size(30);
    for (name, order) in [("interaction", Order::Interaction), ("user_uniform", Order::RowUniform)]
    {
        let options = Options { order, ..Options::default() };
        let sampler = Sampler::new(graph.by_row(), options).expect("no row is full");
        let mut epoch = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                epoch += 1;
                sampler.sample(graph.by_row(), epoch, 0, n, None)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, epoch);
criterion_main!(benches);
