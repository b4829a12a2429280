using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Registry;

/// <summary>A server that only reads its models, beside the one that owns them.</summary>
public sealed class ReadOnlyTests : IAsyncLifetime
{
    private readonly TemporaryFolder data = new();
    private readonly ApiServer owner;
    private readonly ApiServer reader;

    public ReadOnlyTests()
    {
        owner = new ApiServer { Settings = { ["ModelService:Storage:Path"] = data.Path } };
        reader = new ApiServer
        {
            Settings = { ["ModelService:Storage:Path"] = data.Path, ["ModelService:Storage:ReadOnly"] = "true" },
        }.OnSocket();
    }

    // The reader knows the models that are stored when it starts.
    public async ValueTask InitializeAsync() => await owner.Api.CreateAsync(Networks.Tiny("kept"));

    public async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        await owner.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task Change_OfAnyKind_IsRefusedBeforeItsBodyIsRead()
    {
        var refusals = await Task.WhenAll(
            RefuseAsync("POST /v1/models", "application/json"),
            RefuseAsync("POST /v1/models", "multipart/form-data; boundary=x"),
            RefuseAsync("PATCH /v1/models/kept", "application/json"),
            RefuseAsync("DELETE /v1/models/kept", "application/json"),
            RefuseAsync("POST /v1/models/kept/versions", "multipart/form-data; boundary=x"),
            RefuseAsync("DELETE /v1/models/kept/versions/1", "application/json"),
            RefuseAsync("PUT /v1/models/kept/versions/1/weights", "application/octet-stream")
        );

        Assert.All(
            refusals,
            refusal =>
            {
                // A server that reads the body asks for it first, with 100 Continue.
                Assert.StartsWith("HTTP/1.1 403 ", refusal, StringComparison.Ordinal);
                Assert.Contains("\"code\":\"read_only\"", refusal, StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public async Task OtherCalls_Each_WorkAsEver()
    {
        var weights = await reader
            .CreateClient()
            .GetByteArrayAsync("/v1/models/kept/versions/1/weights", TestContext.Current.CancellationToken);

        (await reader.Api.GetAsync("/v1/models")).Ok();
        (await reader.Api.GetAsync("/v1/models/kept/versions")).Ok();
        (await reader.Api.PostAsync("/v1/architectures/analyze", Networks.TinyArchitecture)).Ok();
        (await reader.Api.PostAsync("/v1/models/kept/weights/check", new ByteArrayContent(weights))).Ok();
        (await reader.Api.PostAsync("/v1/models/kept/versions/1/unload", "")).Ok();
        (await reader.Api.PostAsync("/v1/models/kept/versions/1/load", "")).Ok();
        (await reader.Api.PredictAsync("kept", Networks.InputJson())).Ok();
    }

    // Announces a body of a terabyte, and sends none of it.
    private async Task<string> RefuseAsync(string request, string contentType)
    {
        using var connection = await RawConnection.OpenAsync(reader.Api.BaseAddress);
        await connection.SendAsync(
            $"{request} HTTP/1.1\r\nHost: x\r\nContent-Type: {contentType}\r\nContent-Length: 1000000000000\r\n"
                + "Expect: 100-continue\r\n\r\n"
        );
        return await connection.ReadToEndAsync();
    }
}
