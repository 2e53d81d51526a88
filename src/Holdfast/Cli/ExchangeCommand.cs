using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Configuration;
using Holdfast.Recording;
using Holdfast.Recording.Records;
using Holdfast.Recording.Sql;

namespace Holdfast.Cli;

/// <summary><c>holdfast exchange ID</c>: one exchange's flight record as a timeline.</summary>
internal static class ExchangeCommand
{
    private const long MemoryBytes = 512 * 1024 * 1024;

    public static Command Create(IReadOnlyDictionary<string, string> environment)
    {
        var id = new Argument<string>("ID") { Description = "An exchange's id, as in the header holdfast-exchange; its beginning is enough." };
        var json = new Option<bool>("--json") { Description = "Print the record as JSON." };
        var command = new Command("exchange", "Show what happened in one exchange, step by step.") { id, json };
        command.SetAction(parsed => Run(
            RecordingFolder.In(HoldfastHome.Find(environment)), parsed.GetValue(id)!, parsed.GetValue(json),
            parsed.InvocationConfiguration));
        return command;
    }

    private static int Run(string folder, string id, bool asJson, InvocationConfiguration console)
    {
        try
        {
            using var query = new RecordingQuery(folder, MemoryBytes, "ai_gateway_exchanges");
            var found = Find(query, id);
            if (found.Count == 1)
            {
                console.Output.Write(asJson ? found[0].ToJsonString() + "\n"
                    : FlightRecordPage.Write(found[0].Deserialize(RecordJson.Default.ExchangeRecord)!));
                return ExitCodes.Done;
            }

            console.Error.WriteLine(found.Count == 0
                ? $"No exchange is recorded whose id begins with \"{id}\"."
                : $"The ids of several exchanges begin with \"{id}\": {string.Join(", ", found.Select(one => (string?)one["exchange_id"]))}.");
            return ExitCodes.Failed;
        }
        catch (Exception failed) when (failed is SqlException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            console.Error.WriteLine(failed.Message);
            return ExitCodes.Failed;
        }
    }

    private static List<JsonObject> Find(RecordingQuery query, string id)
    {
        using var answer = query.Ask(
            $$"""
            SELECT to_json(one) FROM (
              SELECT * REPLACE (strftime(started_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS started_at)
              FROM ai_gateway_exchanges WHERE starts_with(exchange_id, {{DuckDb.Quote(id)}}) ORDER BY exchange_id LIMIT 5) AS one
            """,
            asJson: false);
        var found = new List<JsonObject>();
        while (answer.Rows.Read())
        {
            var one = JsonNode.Parse(answer.Rows.Text(0)!)!.AsObject();
            RemoveNulls(one);
            found.Add(one);
        }

        return found;
    }

    // A record leaves out what it does not know.
    private static void RemoveNulls(JsonObject record)
    {
        foreach (var (name, value) in record.ToList())
        {
            if (value is null)
            {
                record.Remove(name);
            }
            else if (value is JsonArray list)
            {
                foreach (var member in list.OfType<JsonObject>())
                {
                    RemoveNulls(member);
                }
            }
        }
    }
}
