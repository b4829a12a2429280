using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Errors;
using ModelService.Models.Errors;

namespace ModelService.Api.Tests.Errors;

public sealed class ErrorTableTests
{
    // The wire contract: "Status by code" of the design page, and what it leaves to the framework's conventions.
    private static readonly Dictionary<string, int> Contract = new()
    {
        ["malformed_request"] = 400,
        ["unauthenticated"] = 401,
        ["forbidden"] = 403,
        ["read_only"] = 403,
        ["model_not_found"] = 404,
        ["version_not_found"] = 404,
        ["dataset_not_found"] = 404,
        ["image_not_found"] = 404,
        ["evaluation_not_found"] = 404,
        ["training_not_found"] = 404,
        ["quantization_not_found"] = 404,
        ["key_not_found"] = 404,
        ["not_found"] = 404,
        ["method_not_allowed"] = 405,
        ["request_timeout"] = 408,
        ["model_exists"] = 409,
        ["version_conflict"] = 409,
        ["dataset_exists"] = 409,
        ["image_exists"] = 409,
        ["evaluation_conflict"] = 409,
        ["training_conflict"] = 409,
        ["quantization_conflict"] = 409,
        ["key_exists"] = 409,
        ["body_too_large"] = 413,
        ["dataset_too_large"] = 413,
        ["image_too_large"] = 413,
        ["unsupported_media_type"] = 415,
        ["definition_invalid"] = 422,
        ["image_undecodable"] = 422,
        ["input_mismatch"] = 422,
        ["label_invalid"] = 422,
        ["archive_unreadable"] = 422,
        ["labels_unknown"] = 422,
        ["dataset_unsuitable"] = 422,
        ["split_empty"] = 422,
        ["weights_mismatch"] = 422,
        ["weights_unreadable"] = 422,
        ["overloaded"] = 429,
        ["rate_limited"] = 429,
        ["model_not_ready"] = 503,
        ["storage_unavailable"] = 503,
        ["dataset_unavailable"] = 503,
        ["out_of_memory"] = 503,
        ["plan_rejected"] = 422,
        ["quantization_rejected"] = 422,
        ["shutting_down"] = 503,
        ["deadline_exceeded"] = 504,
    };

    public static TheoryData<ErrorCode> Codes => [.. Enum.GetValues<ErrorCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void StatusOf_EveryCode_IsWhatTheContractSays(ErrorCode code)
    {
        var (status, name) = (ErrorTable.StatusOf(code), ErrorTable.NameOf(code));

        Assert.Matches("^[a-z]+(_[a-z]+)*$", name);
        Assert.Equal(Contract[name], status);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void MeaningOf_EveryCode_GoesOnAfterAColon(ErrorCode code) =>
        Assert.Matches("^[a-z`].{10,}\\.$", ErrorTable.MeaningOf(code));

    [Fact]
    public void NameOf_EveryCode_IsItsAlone()
    {
        var names = Enum.GetValues<ErrorCode>().Select(ErrorTable.NameOf).Append(ErrorTable.Internal).ToList();

        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public async Task WriteAsync_ClientThatLeavesMeanwhile_IsNoFailure()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var http = new DefaultHttpContext
        {
            RequestServices = services,
            RequestAborted = new CancellationToken(canceled: true),
        };

        var exception = await Record.ExceptionAsync(() =>
            ErrorTable.WriteAsync(http, ErrorTable.Describe(http, ErrorCode.MalformedRequest, "Nothing."))
        );

        Assert.Null(exception);
        Assert.Equal(400, http.Response.StatusCode);
    }

    [Fact]
    public void StatusOf_ValueThatIsNoCode_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ErrorTable.StatusOf((ErrorCode)(-1)));
}
