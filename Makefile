.PHONY: build test bench practice readme format clean

BUILD = swift build -c release --omit-frame-pointers -Xswiftc -static-stdlib --explicit-target-dependency-import-check error

build:
	scripts/setup
	$(BUILD) --product wavetank

# make test FILTER=StormTests SEEDS=500 runs some suites only, and storms with more seeds; FRESH_SEEDS=50 with more that are new.
test:
	scripts/setup
	swift build --build-tests --explicit-target-dependency-import-check error
	swift test --skip-build --no-parallel $(if $(FILTER),--filter $(FILTER))
ifndef FILTER
	$(BUILD) --product wavetank
	scripts/compare-builds
endif

practice: build .build/practice/app
	.build/release/wavetank practice --speed 60

.build/practice/app: Practice/App/main.swift
	mkdir -p .build/practice
	swiftc -O -static-executable -Xlinker -s -o $@ $<

# make bench ROWS=get,post measures some rows only.
bench: build
	$(BUILD) --product wavetank-bench
	.build/release/wavetank-bench $(ROWS)

# Writes README's table of commands anew.
readme: build
	.build/release/wavetank help --markdown | sed -i -e '/<!-- commands -->/,/<!-- end of commands -->/{//!d}' -e '/<!-- commands -->/r /dev/stdin' README.md

format:
	swift format -i -r Sources Tests Plugins Benchmarks Package.swift

clean:
	swift package clean
