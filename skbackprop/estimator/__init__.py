"""scikit-learn's side of a fit: prepare, assemble, minimise, record."""
