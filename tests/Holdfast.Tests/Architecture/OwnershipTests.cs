using System.Text.RegularExpressions;
using Holdfast.Recording.Records;

namespace Holdfast.Tests.Architecture;

/// <summary>What one type alone may do: then nobody else can forget what belongs to it.</summary>
public sealed partial class OwnershipTests
{
    /// <summary>Those that answer without an exchange, each with the reason.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        ["src/Holdfast/Hosting/ObservabilityRegistration.cs"] = "the metrics page is no exchange",
        ["src/Holdfast/Hosting/ProbeEndpoints.cs"] = "a probe is no exchange",
    };

    [Fact]
    public void Only_the_clients_answer_names_the_writer_of_a_response()
    {
        var wrong =
            from file in Repository.Files("src/Holdfast", "*.cs")
            let name = Repository.Relative(file)
            where !name.EndsWith("Answers/ClientAnswer.cs", StringComparison.Ordinal) && !Others.ContainsKey(name)
            from line in File.ReadLines(file)
            where Writer().IsMatch(line)
            select $"{name}: {line.Trim()}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Only_the_flight_record_sets_a_column()
    {
        var columns = typeof(ExchangeRecord).GetProperties().Concat(typeof(AttemptRecord).GetProperties())
            .Select(property => property.Name).ToHashSet(StringComparer.Ordinal);
        var wrong =
            from file in Repository.Files("src/Holdfast", "*.cs")
            let name = Repository.Relative(file)
            where !name.EndsWith("Exchanges/FlightRecord.cs", StringComparison.Ordinal)
            from line in File.ReadLines(file)
            let set = Assignment().Match(line)
            where set.Success && columns.Contains(set.Groups["column"].Value)
            select $"{name}: {line.Trim()}";

        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"\bBodyWriter\b|\bResponse\.(WriteAsync|Body|SendFileAsync)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Writer();

    [GeneratedRegex(@"\b(record|Record|attempt|_attempt|_record)\.(?<column>[A-Z]\w*)\s*(\+|-|\?\?|\|)?=(?!=|>)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Assignment();
}
