# make setup | run | test | check | format. Paths are relative: the project's own may hold spaces.

PYTHON ?= python3
PY := .venv/bin/python
# Chinese output also where LANG is unset or names another encoding.
export PYTHONUTF8 := 1

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
TEST := FENGONG_ENV=test $(PY) -m pytest --numprocesses 4 --dist loadfile
HTML = $$(find templates apps -name '*.html')
# Enough to load the production settings; nothing listens there and nothing is sent.
PRODUCTION := FENGONG_ENV=production FENGONG_ALLOWED_HOSTS=fengong.example \
  FENGONG_SECRET_KEY=check-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
  DATABASE_URL=postgres://check:check@127.0.0.1:1/check REDIS_URL=redis://127.0.0.1:1/0

.PHONY: help setup run test coverage screenshots bench check format packages

help:
	@echo 'make setup    安装依赖，建立数据库并装入样例'
	@echo 'make run      同上，然后启动网站（PORT 默认 8000，HOST 默认 127.0.0.1）'
	@echo 'make test     运行全部测试'
	@echo 'make coverage 运行全部测试并统计覆盖率'
	@echo 'make screenshots 重拍说明文档里的图片'
	@echo 'make bench    测速，与最简做法相比（SIZES="1000 10000 100000"，另可加 1000000）'
	@echo 'make check    格式、静态检查、类型、迁移与生产设置'
	@echo 'make format   整理代码与模板的格式'

setup: packages
	@$(PY) -m config.run prepare

run: packages
	@$(PY) -m config.run

test coverage screenshots check format: DEV := --dev

# Much of the suite waits for other processes: more of it at once than there are cores.
test: packages
	@$(no_browser)
	@$(TEST); code=$$?; $(no_browser); exit $$code

# Counting lines takes a third of the time again, so it is not part of every run.
coverage: packages
	@$(TEST) --cov

# For README and manual; looked at before they are committed.
screenshots: packages
	@FENGONG_ENV=test $(PY) -m pytest -q -p no:cacheprovider tests/browser/pictures.py

# In databases of its own, dropped afterwards; figures under var/bench (docs/performance.md).
bench: packages
	@$(PY) -m bench.run $(if $(SIZES),--sizes $(SIZES))

check: packages
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	@echo 'djlint, djhtml, djade'
	@[ -z "$(HTML)" ] || { set -e; \
	  $(PY) -m djlint --quiet --lint $(HTML); \
	  $(PY) -m djhtml --check --tabwidth 2 $(HTML); \
	  .venv/bin/djade --check --target-version 5.2 $(HTML); }
	$(PY) .venv/bin/lint-imports
	$(PY) -m mypy .
	FENGONG_ENV=test $(PY) manage.py check
	@echo 'manage.py makemigrations --check --dry-run'
	@$(PRODUCTION) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@echo 'manage.py check --deploy --fail-level WARNING'
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

format: packages
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .
	@[ -z "$(HTML)" ] || { \
	  .venv/bin/djade --target-version 5.2 $(HTML); $(PY) -m djhtml --tabwidth 2 $(HTML); true; }

# Whichever Python .venv has, else $(PYTHON); config/setup.py does the rest.
packages:
	@python=.venv/bin/python; \
	if ! "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	  python="$(PYTHON)"; \
	  if ! command -v "$$python" >/dev/null; then \
	    echo "没有找到 $$python：请安装 Python 3.11 以上版本，或用 PYTHON=/路径/python3.11 make $(MAKECMDGOALS) 指定。"; exit 1; \
	  elif ! "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	    echo "$$python 是 $$("$$python" -V 2>&1 | head -n 1)，本项目需要 3.11 以上版本：请用 PYTHON=/路径/python3.11 make $(MAKECMDGOALS) 指定。"; exit 1; \
	  elif ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$python 没有 venv 模块：请先安装（Debian、Ubuntu 上是 apt install python3-venv），再重试。"; exit 1; \
	  fi; \
	fi; \
	"$$python" config/setup.py $(DEV)

# In a subshell: its exit must not become that of the tests.
define no_browser
( for name in chromium chromium-browser google-chrome google-chrome-stable; do \
  command -v $$name >/dev/null && exit 0; \
done; \
echo '!!! 本机没有 Chromium 或 Chrome：浏览器测试全部跳过。请安装后再测（Debian 上是 apt install chromium）。!!!' )
endef
