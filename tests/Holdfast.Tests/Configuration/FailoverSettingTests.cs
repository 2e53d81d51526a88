using Holdfast.Failover;

namespace Holdfast.Tests.Configuration;

public sealed class FailoverSettingTests : ConfigurationTest
{
    [Fact]
    public void Every_setting_of_failover_reaches_its_option()
    {
        var options = Read("""
            {
              "failover": {
                "retries": 0, "maxAttempts": 32, "waitForLimits": "off", "cooldown": { "enabled": false },
                "affinity": { "enabled": false, "ttl": "02:00:00" },
                "storms": { "enabled": false, "limit": 2, "window": "00:00:30" },
                "rules": [
                  { "match": "my provider's odd text", "reason": "overloaded" },
                  { "status": 503, "code": "E 7", "provider": "nim", "reason": "billing", "retrySame": false, "mayFallBack": true },
                ],
              },
              "errors": "verbatim",
            }
            """);

        var failover = options.Failover;
        Assert.Equal("verbatim", options.Errors);
        Assert.Equal((0, 32, Timeout.InfiniteTimeSpan), (failover.Retries, failover.MaxAttempts, failover.WaitForLimits));
        Assert.False(failover.Cooldown.Enabled);
        Assert.Equal((false, TimeSpan.FromHours(2)), (failover.Affinity.Enabled, failover.Affinity.Ttl));
        Assert.Equal((false, 2, TimeSpan.FromSeconds(30)), (failover.Storms.Enabled, failover.Storms.Limit, failover.Storms.Window));
        Assert.Equal(
            [("my provider's odd text", null, null, null, "overloaded", null, null), (null, "503", "E 7", "nim", "billing", false, true)],
            failover.Rules.Select(rule =>
                (rule.Match, rule.Status, rule.Code, rule.Provider, rule.Reason, rule.RetrySame, rule.MayFallBack)));
    }

    [Fact]
    public void Variables_set_what_is_no_list()
    {
        Variable("HOLDFAST__FAILOVER__RETRIES", "3");
        Variable("HOLDFAST__FAILOVER__STORMS__ENABLED", "false");
        Variable("HOLDFAST__ERRORS", "verbatim");

        var options = Read("""{ "failover": null }""");

        Assert.Equal((3, false, "verbatim"), (options.Failover.Retries, options.Failover.Storms.Enabled, options.Errors));
    }

    [Theory]
    [InlineData("\"retries\": 6", "retries (6) is out of range: write 0 to 5 retries.")]
    [InlineData("\"maxAttempts\": 0", "maxAttempts (0) is out of range: write 1 to 32 attempts.")]
    [InlineData("\"waitForLimits\": 60", "waitForLimits (60) is not a duration: write it as \"00:01:00\".")]
    [InlineData("\"affinity\": { \"ttl\": \"off\" }", "affinity.ttl (\"off\") cannot be switched off: write a duration, or leave it out.")]
    [InlineData("\"storms\": { \"window\": \"off\" }", "storms.window (\"off\") cannot be switched off: write a duration, or leave it out.")]
    [InlineData("\"storms\": { \"limit\": 1 }", "storms.limit (1) is out of range: write 2 to 10000 requests.")]
    [InlineData("\"cooldown\": false", "cooldown is not a section: write { … }.")]
    [InlineData("\"rules\": {}", "rules is not a list: write it as [{ \"reason\": {reasons} }].")]
    [InlineData("\"rules\": [{ \"match\": \"a\" }]", "rules[0].reason is missing: write \"reason\": {reasons}.")]
    [InlineData("\"rules\": [{ \"match\": \"a\", \"reason\": \"overload\" }]", "rules[0].reason (\"overload\") is not known: did you mean \"overloaded\"? It may be {reasons}.")]
    [InlineData("\"rules\": [{ \"match\": \"a\", \"reason\": \"quite-else\" }]", "rules[0].reason (\"quite-else\") is not known: write {reasons}.")]
    [InlineData("\"rules\": [{ \"reason\": \"billing\" }]", "rules[0] would match every error: add \"match\", \"status\", \"code\" or \"provider\".")]
    [InlineData("\"rules\": [{ \"reason\": \"billing\", \"match\": \" \" }]", "rules[0].match (\" \") is empty, which would match everything: write a piece of the text, or leave it out.")]
    [InlineData("\"rules\": [{ \"reason\": \"billing\", \"status\": 99 }]", "rules[0].status (99) is not a status: write 100 to 599, or a class of them as \"5xx\".")]
    [InlineData("\"rules\": [{ \"reason\": \"billing\", \"status\": \"600\" }]", "rules[0].status (\"600\") is not a status: write 100 to 599, or a class of them as \"5xx\".")]
    [InlineData("\"rules\": [{ \"reason\": \"billing\", \"status\": \"5XX\" }]", "rules[0].status (\"5XX\") is not a status: write 100 to 599, or a class of them as \"5xx\".")]
    [InlineData("\"rules\": [{ \"reason\": \"billing\", \"staus\": 500, \"code\": \"a\" }]", "rules[0].staus is not a setting: did you mean \"status\"?")]
    [InlineData("\"rules\": [7, { \"reason\": \"billing\", \"code\": \"a\" }]", "rules[0] is not a section: write { \"reason\": {reasons} }.")]
    public void A_wrong_setting_of_failover_is_named_with_the_way_out(string member, string expected)
    {
        var words = FailureReasons.All.Skip(1).Select(word => $"\"{word}\"").ToArray();
        var reasons = $"{string.Join(", ", words[..^1])} or {words[^1]}";

        var error = OnlyError($$"""{ "failover": { {{member}} } }""");

        Assert.Equal("failover." + expected.Replace("{reasons}", reasons), error);
    }

    [Fact]
    public void No_rule_may_say_that_an_error_is_none() => Assert.StartsWith(
        "failover.rules[0].reason (\"none\") is not known: ",
        OnlyError("""{ "failover": { "rules": [{ "match": "a", "reason": "none" }] } }"""));

    [Fact]
    public void Errors_is_one_of_two_words() => Assert.Equal(
        "errors (\"raw\") is not known: write \"profile\" or \"verbatim\".", OnlyError("""{ "errors": "raw" }"""));
}
