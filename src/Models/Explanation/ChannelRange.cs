using ModelService.Models.Errors;

namespace ModelService.Models.Explanation;

/// <summary>The channels or filters that are shown.</summary>
/// <param name="First">The first one.</param>
/// <param name="Count">How many.</param>
internal sealed record ChannelRange(int First, int Count)
{
    /// <summary>The channels of a layer.</summary>
    public static Outcome<ChannelRange> Of(LookedAt layer, FeatureTerms terms) =>
        Of("channels", layer.Form?.Channels ?? (int)layer.Value.Shape.ElementCount, terms);

    /// <summary>Those of a number of channels or filters that a request asks for.</summary>
    public static Outcome<ChannelRange> Of(string what, int total, FeatureTerms terms)
    {
        if (terms.First < total)
            return new ChannelRange(terms.First, Math.Min(terms.Count, total - terms.First));
        var detail = $"There is nothing from {terms.First} on: the layer has {total} {what}, counted from 0.";
        return new Failure(ErrorCode.MalformedRequest, detail) { Errors = [new ErrorDetail("?channels", detail)] };
    }
}
