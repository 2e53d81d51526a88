using System.Collections.Concurrent;
using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Requests;

namespace Holdfast.Simulator.Models;

/// <summary>Answers by model name. Owns the count of requests a name has had, and known plans.</summary>
internal sealed class ModelAnswers
{
    private const int MaxCachedPlans = 256;
    private const int MaxCachedFrames = 20_000;

    private readonly ConcurrentDictionary<PlanKey, AnswerPlan> _plans = new();
    private readonly ConcurrentDictionary<string, int> _requests = new(StringComparer.Ordinal);

    /// <summary>The plan for a request that names a model, or the protocol's 404.</summary>
    public AnswerPlan PlanFor(in ModelRequest request, Func<SimulatedRequest> snapshot)
    {
        var key = new PlanKey(request, GoesWell(request));
        if (_plans.TryGetValue(key, out var plan))
        {
            return plan;
        }

        var (answer, content, depends) = Build(Answer.Ok(), request, key.IsWell, snapshot);
        plan = AnswerCompiler.Compile(answer, content);
        if (!depends && plan.Frames.Count <= MaxCachedFrames)
        {
            Keep(key, plan);
        }

        return plan;
    }

    /// <summary>Plans a scripted answer that copies a model's behaviour.</summary>
    public AnswerPlan PlanLike(Answer script, in ModelRequest request, Func<SimulatedRequest> snapshot)
    {
        var (answer, content, _) = Build(script, request, GoesWell(request), snapshot);
        return AnswerCompiler.Compile(answer, content);
    }

    private void Keep(PlanKey key, AnswerPlan plan)
    {
        if (_plans.Count >= MaxCachedPlans)
        {
            _plans.Clear();
        }

        _plans[key] = plan;
    }

    /// <summary>Whether this request of a <c>failsN</c> model is one of those that go well.</summary>
    private bool GoesWell(in ModelRequest request)
    {
        if (!request.Behaviour.Contains("-fails", StringComparison.Ordinal)
            || ModelName.Parse(request.Behaviour, out _)?.Fails is not { } fails)
        {
            return false;
        }

        return _requests.AddOrUpdate(request.Behaviour, 1, (_, count) => count + 1) > fails;
    }

    private static (Answer Answer, AnswerContent Content, bool DependsOnRequest) Build(
        Answer basis,
        in ModelRequest request,
        bool well,
        Func<SimulatedRequest> snapshot)
    {
        if (ModelName.Parse(request.Behaviour, out var problem) is not { } behaviour)
        {
            return (basis, ProtocolTexts.ModelNotFound(request.Protocol, request.Model, problem), true);
        }

        behaviour = well ? behaviour.Well() : behaviour;
        basis = behaviour.Delay > TimeSpan.Zero ? basis.DelayHeaders(behaviour.Delay) : basis;
        if (behaviour.Echo)
        {
            return (basis, EchoAnswer.ContentOf(snapshot()), true);
        }

        if (behaviour.Strict && request.Protocol == SimulatedProtocol.Anthropic
            && StrictAnthropicRules.Violation(snapshot()) is { } violation)
        {
            return (basis, ProtocolTexts.ErrorContent(request.Protocol, 400, violation), true);
        }

        var (answer, content) = ModelFaults.Apply(basis, behaviour, request);
        return (answer, content, behaviour.Strict);
    }

    private readonly record struct PlanKey(ModelRequest Request, bool IsWell);
}

/// <summary>All of a request that decides its answer by model name.</summary>
internal readonly record struct ModelRequest(SimulatedProtocol Protocol, string Behaviour, bool Stream)
{
    /// <summary>The name the answer bears; usually the one whose <see cref="Behaviour"/> it shows.</summary>
    public string Model { get; init; } = Behaviour;

    public bool IncludeUsage { get; init; }

    public bool JsonArray { get; init; }

    public bool HoldsToolResult { get; init; }

    /// <summary>A fixed body for endpoints that generate nothing, such as token counting.</summary>
    public string? FixedBody { get; init; }
}
