from playwright.sync_api import Browser


def test_a_page_runs_its_script(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<p id='sum'></p><script>sum.textContent = 19 + 23</script>")

    assert page.text_content("#sum") == "42"
