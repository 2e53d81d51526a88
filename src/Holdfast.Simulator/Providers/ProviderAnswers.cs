using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Models;
using Holdfast.Simulator.Requests;
using Holdfast.Simulator.Transcripts;

namespace Holdfast.Simulator.Providers;

/// <summary>Decides the answer to a request: by script, or as a provider would by path and model name.</summary>
internal static class ProviderAnswers
{
    private static readonly AnswerContent Root =
        AnswerContent.Whole(SimulatedProtocol.Gemini, 200, "Holdfast simulator\n", "text/plain");

    /// <summary>The answer a test has written down.</summary>
    public static AnswerPlan PlanFor(
        Answer script,
        IncomingRequest incoming,
        ModelAnswers models,
        Func<SimulatedRequest> snapshot)
    {
        while (script.Chooser is { } choose)
        {
            script = choose(snapshot());
        }

        return script.LikeModel is { } model
            ? models.PlanLike(script, ModelRequestOf(incoming, model), snapshot)
            : AnswerCompiler.Compile(script, script.ContentOf(snapshot()));
    }

    /// <summary>The answer of a provider whose models are the simulator's.</summary>
    public static AnswerPlan PlanFor(
        IncomingRequest incoming,
        ModelAnswers models,
        string? otherModels,
        Func<SimulatedRequest> snapshot)
    {
        var (endpoint, protocol) = (incoming.Route.Endpoint, incoming.Route.Protocol);
        var generates = endpoint is ProviderEndpoint.Generate or ProviderEndpoint.CountTokens;
        if (endpoint == ProviderEndpoint.Unknown)
        {
            return Plan(ProtocolTexts.ErrorContent(protocol, 404, $"Not found: {incoming.Method} {incoming.Target}"));
        }

        if (generates != (incoming.Method == "POST"))
        {
            return Plan(ProtocolTexts.ErrorContent(protocol, 405, $"Method {incoming.Method} is not allowed here"));
        }

        return endpoint switch
        {
            ProviderEndpoint.Root => Plan(Root),
            ProviderEndpoint.ListModels => Plan(ModelLists.List(protocol)),
            ProviderEndpoint.GetModel => Plan(OneModel(protocol, incoming.Route.Model!)),
            _ => Generate(incoming, models, otherModels, snapshot),
        };
    }

    private static AnswerPlan Generate(
        IncomingRequest incoming,
        ModelAnswers models,
        string? otherModels,
        Func<SimulatedRequest> snapshot)
    {
        var protocol = incoming.Route.Protocol;
        if (!incoming.Peek.IsJson)
        {
            return Plan(ProtocolTexts.ErrorContent(protocol, 400, "We could not parse the JSON body of your request."));
        }

        if ((incoming.Route.Model ?? incoming.Peek.Model) is not { } model)
        {
            return Plan(ProtocolTexts.ErrorContent(protocol, 400, "model: Field required"));
        }

        var isOurs = model == "sim" || model.StartsWith("sim-", StringComparison.Ordinal);
        var request = ModelRequestOf(incoming, isOurs ? model : otherModels ?? model);
        return models.PlanFor(request, snapshot);
    }

    private static ModelRequest ModelRequestOf(IncomingRequest incoming, string behaviour)
    {
        var (route, peek) = (incoming.Route, incoming.Peek);
        return new ModelRequest(route.Protocol, behaviour, route.StreamsByPath || peek.Stream)
        {
            Model = route.Model ?? peek.Model ?? behaviour,
            IncludeUsage = peek.IncludeUsage,
            JsonArray = route.JsonArray,
            HoldsToolResult = behaviour.Contains("-tool", StringComparison.Ordinal)
                && BodyPeek.HoldsToolResult(incoming.Body.Span),
            FixedBody = route.Endpoint == ProviderEndpoint.CountTokens
                ? CountTemplates(route.Protocol).Fill("count")
                : null,
        };
    }

    private static AnswerContent OneModel(SimulatedProtocol protocol, string model) =>
        ModelName.Parse(model, out var problem) is null
            ? ProtocolTexts.ModelNotFound(protocol, model, problem)
            : ModelLists.One(protocol, model);

    private static TemplateFile CountTemplates(SimulatedProtocol protocol) => protocol switch
    {
        SimulatedProtocol.Anthropic => TemplateFile.Anthropic,
        SimulatedProtocol.Gemini => TemplateFile.Gemini,
        _ => TemplateFile.Responses,
    };

    private static AnswerPlan Plan(AnswerContent content) => AnswerCompiler.Compile(Answer.Json(""), content);
}
