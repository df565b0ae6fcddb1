# The recipes of the house; each calls a script, so that nothing needs `just`.

# list the recipes
default:
    @just --list

# everything a change must pass
ci:
    scripts/test

# the tests alone
test *args:
    cargo test --release {{args}}

# write the goldens anew
bless *args:
    scripts/bless {{args}}

# the comparison with pflogsumm
bench *args:
    benches/compare {{args}}
