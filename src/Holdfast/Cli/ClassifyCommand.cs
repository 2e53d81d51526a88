using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Failover;

namespace Holdfast.Cli;

/// <summary><c>holdfast classify</c>: what a failure is taken for, and by which rule.</summary>
internal static class ClassifyCommand
{
    private const string StandardInput = "-";

    /// <param name="environment">Says where the configuration is, whose own rules count as they do in the gateway.</param>
    /// <param name="input">What is read in the place of the text <c>-</c>.</param>
    public static Command Create(IReadOnlyDictionary<string, string> environment, TextReader input)
    {
        var text = new Argument<string?>("TEXT")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "What the upstream said: a sentence, or its whole answer; - reads it from standard input.",
        };
        var status = new Option<int?>("--status") { HelpName = "N", Description = "Its HTTP status." };
        var code = new Option<string?>("--code") { HelpName = "C", Description = "Its error code, a runtime's (ECONNRESET), or one of Holdfast's own." };
        var type = new Option<string?>("--type") { HelpName = "T", Description = "Its error type, as in overloaded_error." };
        var provider = new Option<string?>("--provider") { HelpName = "P", Description = "The upstream's name." };
        var json = new Option<bool>("--json") { Description = "Print one line of JSON." };
        var configuration = new ConfigurationArguments(environment);
        var command = new Command("classify", "Show what an upstream's failure is taken for, and by which rule.")
        {
            text, status, code, type, provider, json,
        };
        configuration.AddFileTo(command);
        command.SetAction(parsed =>
        {
            var console = parsed.InvocationConfiguration;
            var (_, settings) = configuration.Load(parsed);
            if (!settings.IsValid)
            {
                return ConfigurationArguments.Refuse(settings.Errors, settings.File, console.Error);
            }

            var said = parsed.GetValue(text) ?? "";
            var verdict = new ErrorClassifier(settings.Options.Failover.Rules).Classify(new Failure
            {
                Message = said == StandardInput ? input.ReadToEnd() : said,
                Status = parsed.GetValue(status),
                Code = parsed.GetValue(code),
                Type = parsed.GetValue(type),
                Upstream = parsed.GetValue(provider),
                Now = TimeProvider.System.GetUtcNow(),
            });
            Print(verdict, parsed.GetValue(json), console.Output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(Classification verdict, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(
                new VerdictDocument(
                    verdict.Reason.Word(), verdict.Kind, verdict.RetrySame, verdict.MayFallBack,
                    verdict.RetryAfter?.TotalSeconds, verdict.Rule),
                VerdictJson.Default.VerdictDocument));
            return;
        }

        output.WriteLine($"reason:          {verdict.Reason.Word()}");
        output.WriteLine($"kind:            {verdict.Kind}");
        output.WriteLine($"retry the same:  {(verdict.RetrySame ? "yes" : "no")}");
        output.WriteLine($"may fall back:   {(verdict.MayFallBack ? "yes" : "no")}");
        output.WriteLine($"asks to wait:    {(verdict.RetryAfter is { } wait ? $"{wait.TotalSeconds:0.###} s" : "no")}");
        output.WriteLine($"rule:            {verdict.Rule}");
    }
}

/// <summary>What <c>classify --json</c> prints.</summary>
internal sealed record VerdictDocument(
    string Reason, string Kind, bool RetrySame, bool MayFallBack, double? RetryAfterSeconds, string Rule);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VerdictDocument))]
internal sealed partial class VerdictJson : JsonSerializerContext;
