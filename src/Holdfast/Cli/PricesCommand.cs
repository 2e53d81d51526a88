using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Accounts.Pricing;
using Holdfast.Configuration.Kinds;

namespace Holdfast.Cli;

/// <summary><c>holdfast prices</c>: what models cost now, and where that is from.</summary>
internal static class PricesCommand
{
    /// <param name="environment">Says where the configuration is, whose own prices count as they do in the gateway.</param>
    /// <param name="time">Says which prices hold.</param>
    public static Command Create(IReadOnlyDictionary<string, string> environment, TimeProvider time)
    {
        var model = new Argument<string?>("MODEL")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A model's name as an answer spells it; without one, all models are listed.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON: one line a model." };
        var configuration = new ConfigurationArguments(environment);
        var command = new Command("prices", "Show what a model costs now, in US dollars per million tokens.") { model, json };
        configuration.AddFileTo(command);
        command.SetAction(parsed =>
        {
            var console = parsed.InvocationConfiguration;
            var (_, settings) = configuration.Load(parsed);
            if (!settings.IsValid)
            {
                return ConfigurationArguments.Refuse(settings.Errors, settings.File, console.Error);
            }

            var book = OwnPrices.BookWith(settings.Options.Prices);
            return parsed.GetValue(model) is { } name
                ? ShowOne(name, book, time.GetUtcNow(), parsed.GetValue(json), console)
                : ShowAll(book.At(time.GetUtcNow()), parsed.GetValue(json), console.Output);
        });
        return command;
    }

    private static int ShowOne(string name, PriceBook book, DateTimeOffset now, bool asJson, InvocationConfiguration console)
    {
        var normal = PricedName.Normalise(name);
        if (book.Find(name, now) is not { } row)
        {
            var meant = NearestName.Of(normal, book.At(now).Select(known => known.Model));
            console.Error.WriteLine($"No price is known for \"{name}\" (looked up as \"{normal}\"): "
                + (meant is null ? "" : $"did you mean \"{meant}\"? ")
                + "Its cost stands as unknown in the records; write one under \"prices\" in the configuration.");
            return ExitCodes.Failed;
        }

        if (asJson)
        {
            console.Output.WriteLine(JsonOf(row, normal));
            return ExitCodes.Done;
        }

        console.Output.WriteLine($"model:       {row.Model}{(row.Model == name ? "" : $" (looked up as {normal})")}");
        console.Output.WriteLine($"provider:    {row.Provider ?? "your own"}");
        Show(console.Output, "prices:      ", row.Prices);
        if (row.TierPrices is { } tier)
        {
            Show(console.Output, string.Create(CultureInfo.InvariantCulture, $"over {row.TierOver,-8}"), tier);
        }

        console.Output.WriteLine($"holds:       {SpanOf(row)}");
        console.Output.WriteLine($"source:      {row.Source}");
        console.Output.WriteLine($"confidence:  {row.Confidence}");
        return ExitCodes.Done;
    }

    private static int ShowAll(IReadOnlyList<PriceRow> rows, bool asJson, TextWriter output)
    {
        var width = rows.Max(row => row.Model.Length);
        foreach (var row in rows)
        {
            output.WriteLine(asJson
                ? JsonOf(row, PricedName.Normalise(row.Model))
                : string.Create(CultureInfo.InvariantCulture,
                    $"{row.Model.PadRight(width)}  {row.Prices.Input,8} in  {row.Prices.Output,8} out  ")
                + string.Create(CultureInfo.InvariantCulture, $"{row.Prices.CacheRead,8} cache read"));
        }

        return ExitCodes.Done;
    }

    private static void Show(TextWriter output, string title, TokenPrices prices) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{title}{prices.Input} in, {prices.Output} out, {prices.CacheRead} cache read, {prices.CacheWrite5m} cache write, ")
            + string.Create(CultureInfo.InvariantCulture, $"{prices.CacheWrite1h} cache write for 1 h"));

    private static string SpanOf(PriceRow row) => (row.From, row.To) switch
    {
        (null, null) => "always",
        ({ } from, null) => $"from {Day(from)}",
        (null, { } to) => $"to {Day(to)}",
        ({ } from, { } to) => $"from {Day(from)} to {Day(to)}",
    };

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string JsonOf(PriceRow row, string normal) => JsonSerializer.Serialize(
        new PriceDocument(
            row.Model, normal, row.Provider, row.Prices, row.TierOver, row.TierPrices, row.From, row.To, row.Source,
            row.Confidence),
        PriceJson.Default.PriceDocument);
}

/// <summary>What <c>prices --json</c> prints.</summary>
internal sealed record PriceDocument(
    string Model, string LookedUpAs, string? Provider, TokenPrices Prices, long? TierOver, TokenPrices? TierPrices,
    DateOnly? From, DateOnly? To, string Source, string Confidence);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PriceDocument))]
internal sealed partial class PriceJson : JsonSerializerContext;
