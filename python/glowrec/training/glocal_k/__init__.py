"""How GLocal-K is trained: two stages of epochs, each a fresh start of an optimiser."""
