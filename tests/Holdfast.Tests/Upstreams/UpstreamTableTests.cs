using Holdfast.Configuration;
using Holdfast.Hosting;
using Holdfast.Upstreams;
using Holdfast.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Tests.Upstreams;

public sealed class UpstreamTableTests
{
    private static readonly UpstreamSurroundings Surroundings = new(TimeSpan.FromSeconds(10), TimeProvider.System, _ => null);

    [Fact]
    public void The_built_in_upstreams_are_the_defaults_of_their_protocols()
    {
        using var table = UpstreamTable.From(new HoldfastOptions().Upstreams, Surroundings);

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
    public void The_registration_builds_the_table_from_the_options_and_the_registered_upstreams()
    {
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(new HoldfastOptions())
            .AddSingleton(Build("sim", ProtocolFamily.Anthropic))
            .AddUpstreams(_ => null);

        using var provider = services.BuildServiceProvider();

        var table = provider.GetRequiredService<UpstreamTable>();
        Assert.Equal(4, table.All.Count);
        Assert.NotNull(table.Find("sim"));
    }

    private static Upstream Build(string name, ProtocolFamily protocol) =>
        new(name, new() { Protocol = protocol, BaseUrl = new("https://api.example") }, Surroundings);
}
