using Holdfast.Configuration;
using Holdfast.Upstreams;
using Holdfast.Wire;

namespace Holdfast.Tests.Upstreams;

public sealed class UpstreamTableTests
{
    private static readonly UpstreamSurroundings Surroundings = new(TimeSpan.FromSeconds(10), TimeProvider.System, _ => null);

    [Fact]
    public void The_built_in_upstreams_are_the_defaults_of_their_protocols()
    {
        using var table = UpstreamTable.From(new HoldfastOptions().Upstreams, Surroundings, []);

        Assert.Equal("anthropic", table.DefaultFor(ProtocolFamily.Anthropic)?.Name);
        Assert.Equal("openai", table.DefaultFor(ProtocolFamily.OpenAI)?.Name);
        Assert.Equal("gemini", table.DefaultFor(ProtocolFamily.Gemini)?.Name);
        Assert.All(table.All, upstream => Assert.True(upstream.PassesClientCredential));
    }

    [Fact]
    public void Among_several_of_a_protocol_the_one_that_bears_its_name_is_the_default()
    {
        using var table = new UpstreamTable([Build("nim", ProtocolFamily.OpenAI), Build("openai", ProtocolFamily.OpenAI)]);

        Assert.Equal("openai", table.DefaultFor(ProtocolFamily.OpenAI)?.Name);
        Assert.Equal("nim", table.Find("NIM")?.Name);
        Assert.Null(table.Find("other"));
    }

    [Fact]
    public void Without_that_name_the_only_one_of_a_protocol_is_its_default_and_of_two_neither()
    {
        using var one = new UpstreamTable([Build("nim", ProtocolFamily.OpenAI)]);
        using var two = new UpstreamTable([Build("nim", ProtocolFamily.OpenAI), Build("groq", ProtocolFamily.OpenAI)]);

        Assert.Equal("nim", one.DefaultFor(ProtocolFamily.OpenAI)?.Name);
        Assert.Null(two.DefaultFor(ProtocolFamily.OpenAI));
        Assert.Null(one.DefaultFor(ProtocolFamily.Gemini));
    }

    [Fact]
    public void Upstreams_of_our_own_are_found_by_name_and_are_never_a_default()
    {
        using var table = new UpstreamTable([], Build("sim", ProtocolFamily.Anthropic));

        Assert.NotNull(table.Find("sim"));
        Assert.Null(table.DefaultFor(ProtocolFamily.Anthropic));
    }

    [Fact]
    public void What_did_not_change_stays_the_very_same_upstream_and_everything_else_is_made_anew()
    {
        var before = new Dictionary<string, UpstreamOptions> { ["one"] = Options(), ["two"] = Options(), ["three"] = Options() };
        var after = new Dictionary<string, UpstreamOptions> { ["one"] = Options(), ["TWO"] = Options(), ["four"] = Options() };
        using var table = UpstreamTable.From(before, Surroundings, []);

        using var next = UpstreamTable.From(after, Surroundings, [], table);

        Assert.Same(table.Find("one"), next.Find("one"));
        Assert.NotSame(table.Find("two"), next.Find("two"));
        Assert.Equal("TWO", next.Find("two")!.Name);
        Assert.Null(next.Find("three"));
        Assert.NotNull(next.Find("four"));
    }

    [Fact]
    public void Another_limit_for_connecting_makes_every_upstream_anew()
    {
        var options = new Dictionary<string, UpstreamOptions> { ["one"] = Options() };
        using var table = UpstreamTable.From(options, Surroundings, []);

        using var next = UpstreamTable.From(options, Surroundings with { ConnectTimeout = TimeSpan.FromSeconds(1) }, [], table);

        Assert.NotSame(table.Find("one"), next.Find("one"));
    }

    [Fact]
    public void Each_setting_of_an_upstream_tells_it_from_what_it_was()
    {
        var values = new Dictionary<Type, object>
        {
            [typeof(ProtocolFamily)] = ProtocolFamily.Gemini,
            [typeof(Uri)] = new Uri("https://user:other@api.example"),
            [typeof(CredentialOptions)] = new CredentialOptions { Env = "OTHER" },
            [typeof(IReadOnlyList<CredentialOptions>)] = new[] { new CredentialOptions { Env = "OTHER" } },
            [typeof(string)] = "http://user:other@proxy.example",
            [typeof(bool)] = true,
            [typeof(TimeSpan)] = TimeSpan.FromSeconds(3),
            [typeof(int)] = 4,
        };
        var settings = typeof(UpstreamOptions).GetProperties().Where(property => property is { CanWrite: true, SetMethod.IsStatic: false });

        foreach (var setting in settings)
        {
            using var upstream = new Upstream("one", Options(), Surroundings);
            var changed = Options();
            setting.SetValue(changed, values[setting.PropertyType]);

            Assert.False(upstream.IsMadeOf(changed, Surroundings), setting.Name);
            Assert.True(upstream.IsMadeOf(Options(), Surroundings), setting.Name);
        }
    }

    [Fact]
    public void A_renewed_certificate_file_makes_another_upstream_of_the_same_settings()
    {
        var file = Path.GetTempFileName();
        var options = new UpstreamOptions { BaseUrl = new("https://api.example"), CaFile = file };
        File.WriteAllText(file, "one");
        using var upstream = new Upstream("one", options, Surroundings);
        Assert.True(upstream.IsMadeOf(options, Surroundings));

        File.WriteAllText(file, "two");
        var isRenewed = !upstream.IsMadeOf(options, Surroundings);
        File.Delete(file);

        Assert.True(isRenewed);
        Assert.False(upstream.IsMadeOf(options, Surroundings));
    }

    private static UpstreamOptions Options() => new()
    {
        BaseUrl = new("https://user:secret@api.example"),
        Credentials = [new() { Env = "KEY_A" }, new() { Env = "KEY_B" }],
    };

    private static Upstream Build(string name, ProtocolFamily protocol) =>
        new(name, new() { Protocol = protocol, BaseUrl = new("https://api.example") }, Surroundings);
}
