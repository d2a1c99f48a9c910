import { describe, expect, it } from 'vitest'
import { readJunit } from './junit.ts'

const read = (text: string) => readJunit(text, 'junit.xml')
const failing = (text: string) => {
  const { failures, ...counts } = read(text)
  return { ...counts, failures: failures.map(({ name, message, file }) => [name, message, file]) }
}

describe('the dialects of JUnit XML', () => {
  it('reads jest-junit, which repeats the name', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="2" failures="1" errors="0" time="1.5">
  <testsuite name="till" errors="0" failures="1" skipped="0" timestamp="2026-03-01T10:00:00" time="0.9" tests="2">
    <testcase classname="till opens" name="till opens" time="0.002"></testcase>
    <testcase classname="till sums" name="till sums" time="0.004">
      <failure>Error: \u001b[2mexpect(\u001b[22mreceived) is 2
    at Object.toBe (till.test.js:9:3)</failure>
    </testcase>
  </testsuite>
</testsuites>`
    expect(failing(xml)).toEqual({
      total: 2,
      failed: 1,
      skipped: 0,
      durationMs: 1500,
      failures: [['till sums', 'Error: expect(received) is 2\n    at Object.toBe (till.test.js:9:3)', undefined]],
    })
  })

  it('reads pytest, with errors of collection and of fixtures', () => {
    const xml = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="2" failures="1" skipped="1" tests="4" time="0.045" hostname="h"><testcase classname="tests.test_till.TestTill" name="test_sums[1-&quot;a&quot;]" time="0.001"><failure message="assert 1 == 2">def test_sums():&#10;&gt; assert 1 == 2</failure></testcase><testcase classname="" name="tests.test_broken" time="0.000"><error message="collection failure">ImportError: no module</error></testcase><testcase classname="tests.test_till" name="test_later" time="0.000"><skipped type="pytest.skip" message="later">/t.py:3: later</skipped></testcase><testcase classname="tests.test_till" name="test_db" time="0.0"><error message='failed on setup with "OSError"'>x</error></testcase></testsuite></testsuites>`
    expect(failing(xml)).toEqual({
      total: 4,
      failed: 3,
      skipped: 1,
      durationMs: 45,
      failures: [
        ['tests.test_till.TestTill › test_sums[1-"a"]', 'assert 1 == 2', undefined],
        ['tests.test_broken', 'collection failure', undefined],
        ['tests.test_till › test_db', 'failed on setup with "OSError"', undefined],
      ],
    })
  })

  it('reads surefire: its times, its output, tests that passed at a second try', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="org.example.TillTest" time="1,200.25" tests="3" errors="1" skipped="0" failures="0" flakes="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="opens" classname="org.example.TillTest" time="0.01"><flakyFailure message="once" type="x"><stackTrace><![CDATA[trace]]></stackTrace></flakyFailure></testcase>
  <testcase name="closes" classname="org.example.TillTest" time="0"/>
  <testcase name="sums" classname="org.example.TillTest" time="1.2">
    <error message="null" type="java.lang.NullPointerException"><![CDATA[java.lang.NullPointerException: <x> & "y"]]></error>
    <rerunError message="again" type="java.lang.NullPointerException"/>
    <system-out><![CDATA[<testcase name="not one"><failure/></testcase>]]></system-out>
  </testcase>
</testsuite>`
    expect(failing(xml)).toEqual({
      total: 3,
      failed: 1,
      skipped: 0,
      durationMs: 1_200_250,
      failures: [['org.example.TillTest › sums', 'null', undefined]],
    })
  })

  it('reads gotestsum', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0" time="0.250">
	<testsuite tests="3" failures="1" time="0.004" name="example.org/shop/till" timestamp="2026-03-01T10:00:00Z">
		<properties><property name="go.version" value="go1.22"></property></properties>
		<testcase classname="example.org/shop/till" name="TestSums/two_items" time="0.000">
			<failure message="Failed" type="">=== RUN   TestSums/two_items&#xA;    till_test.go:9: got 1&#xA;</failure>
		</testcase>
		<testcase classname="example.org/shop/till" name="TestLater" time="0.000"><skipped message="later"></skipped></testcase>
		<testcase classname="example.org/shop/till" name="TestOpens" time="0.004"></testcase>
	</testsuite>
</testsuites>`
    expect(failing(xml)).toMatchObject({
      total: 3,
      failed: 1,
      skipped: 1,
      failures: [['example.org/shop/till › TestSums/two_items', 'Failed', undefined]],
    })
  })

  it('reads mocha, whose suites know their files', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="Mocha Tests" time="0.0060" tests="2" failures="1">
  <testsuite name="Root Suite" timestamp="2026-03-01T10:00:00" tests="0" time="0.0000" failures="0"></testsuite>
  <testsuite name="till" timestamp="2026-03-01T10:00:00" tests="2" file="/shop/test/till.js" time="0.0050" failures="1">
    <testcase name="till opens" time="0.0010" classname="opens"></testcase>
    <testcase name="till sums" time="0.0020" classname="sums"><failure message="1 == 2" type="AssertionError"><![CDATA[AssertionError: 1 == 2]]></failure></testcase>
  </testsuite>
</testsuites>`
    expect(failing(xml)).toMatchObject({ total: 2, failed: 1, failures: [['till sums', '1 == 2', '/shop/test/till.js']] })
  })

  it('reads suites within suites, and adds the times of the outer ones', () => {
    const xml = `<testsuites><testsuite name="a" time="2"><testsuite name="b" time="1"><testcase name="x" time="1"/></testsuite></testsuite><testsuite name="c" time="0.5"><testcase name="y" classname="c" status="notrun"/></testsuite></testsuites>`
    expect(read(xml)).toMatchObject({ total: 2, failed: 0, skipped: 1, durationMs: 2500 })
  })
})

describe('a report that cannot be taken at its word', () => {
  it('counts the failure of a whole suite', () => {
    const xml = '<testsuite name="till"><error message="cannot load till.test.js"/><testcase name="x"/></testsuite>'
    expect(failing(xml)).toMatchObject({ total: 2, failed: 1, failures: [['till', 'cannot load till.test.js', undefined]] })
  })

  it('fails when it counts failures and shows none', () => {
    const xml = '<testsuites failures="2"><testsuite name="till" failures="2" errors="0"><testcase name="x"/></testsuite></testsuites>'
    expect(failing(xml)).toMatchObject({
      failed: 1,
      failures: [['till', 'the report counts 2 failures and shows none of them', undefined]],
    })
  })

  it('counts a test with a failure and an error once', () => {
    const xml = '<testsuite failures="1" errors="1"><testcase name="x"><failure message="a"/><error message="b"/></testcase></testsuite>'
    expect(failing(xml)).toMatchObject({ total: 1, failed: 1, failures: [['x', 'a', undefined]] })
  })

  it('shortens what a test says, and asks for words when it says nothing', () => {
    const [long, mute] = read(
      `<testsuite><testcase name="x"><failure message="${'é'.repeat(5_000)}"/></testcase><testcase name="y"><failure/></testcase></testsuite>`,
    ).failures
    expect(long!.message).toHaveLength(1_000)
    expect(mute!.message).toBe('it failed without a message')
  })

  it('has no tests when it holds none', () => {
    expect(read('<testsuites/>')).toEqual({ total: 0, failed: 0, skipped: 0, durationMs: 0, failures: [] })
  })

  it.each([
    ['', '1:1', 'no element'],
    ['\n\n  ', '3:3', 'no element'],
    ['<testsuites>\n  <testsuite name="a">\n', '3:1', 'not closed'],
    ['<testsuites>\n <testcase name="x</testsuites>', '2:18', 'does not end'],
    ['<testsuites><a></b></testsuites>', '1:16', '</b> closes <a>'],
    ['<testsuites></testsuites></testsuites>', '1:26', 'closes nothing'],
    ['<testsuites a=1/>', '1:15', 'not quoted'],
    ['<testsuites a/>', '1:13', 'no value'],
    ['<testsuites a="1" a="2"/>', '1:19', 'twice'],
    ['<testsuites a="<"/>', '1:16', 'holds a "<"'],
    ['<testsuites>&nbsp;</testsuites>', '1:13', '&nbsp; is not defined'],
    ['<testsuites>&#x110000;</testsuites>', '1:13', 'no character'],
    ['<testsuites>a & b</testsuites>', '1:15', 'begins no entity'],
    ['<testsuites/>x', '1:14', 'outside'],
    ['x<testsuites/>', '1:1', 'outside'],
    ['<testsuites/><testsuites/>', '1:14', 'second root'],
    ['<!DOCTYPE x [<!ENTITY a "b">]><testsuites>&a;</testsuites>', '1:1', 'document type'],
    [`<testsuites>${'<a>'.repeat(300)}`, '1:610', 'nested'],
    ['TAP version 14\nok 1', '1:1', 'outside'],
  ])('is refused with the place of the fault: %j at %s', (xml, place, why) => {
    expect(() => read(xml)).toThrow(
      expect.objectContaining({ code: 'XML_INVALID', message: expect.stringMatching(new RegExp(`^junit\\.xml:${place}: `)) }),
    )
    expect(() => read(xml)).toThrow(why)
  })

  it('is refused when it is something else, or too large', () => {
    expect(() => read('<html><body/></html>')).toThrow(expect.objectContaining({ code: 'REPORT_NOT_JUNIT' }))
    expect(() => read('x'.repeat(16 * 1024 * 1024 + 1))).toThrow(expect.objectContaining({ code: 'REPORT_TOO_LARGE' }))
  })

  it('tolerates a byte order mark, comments, instructions, raw control characters and a bare end of CDATA', () => {
    const xml =
      '\uFEFF<?xml version="1.0"?><!-- <x> --><testsuite><?x y?><testcase name="a&#x41;\u0007"><failure>\u001b[31mred ]]> </failure></testcase></testsuite>\n<!-- end -->'
    expect(failing(xml)).toMatchObject({ failures: [['aA\uFFFD', 'red ]]>', undefined]] })
  })
})
