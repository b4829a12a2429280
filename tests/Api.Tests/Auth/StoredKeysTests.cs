using System.Text.Json;
using ModelService.Api.Contracts;
using ModelService.Api.Tests.Support;
using ModelService.Models.Errors;

namespace ModelService.Api.Tests.Auth;

/// <summary>What is told of keys that can't be made. Those that can are in <c>SharedKeysTests</c>.</summary>
public sealed class StoredKeysTests
{
    [Theory]
    [InlineData("""{"scopes":["predict"]}""", "/name")]
    [InlineData("""{"name":"a/b","scopes":["predict"]}""", "/name")]
    [InlineData("""{"name":"a\n","scopes":["predict"]}""", "/name")]
    [InlineData("""{"name":"a","scopes":[]}""", "/scopes")]
    [InlineData("""{"name":"a","scopes":["all"]}""", "/scopes")]
    [InlineData("""{"name":"a","scopes":"predict"}""", "/scopes")]
    [InlineData("""{"name":"a","scopes":["predict"],"expires_at":"soon"}""", "/expires_at")]
    [InlineData("""{"name":"a","scopes":["predict"],"key":"mine"}""", "/key")]
    public void Read_BodyThatIsWrong_SaysWhere(string body, string pointer)
    {
        var exception = Assert.Throws<ServingException>(() => CreateKeyBody.Read(JsonElement.Parse(body)));

        Assert.Equal(pointer, Assert.Single(exception.Errors).Pointer);
    }

    [Fact]
    public async Task Create_ModelsInAFolder_IsRefusedAndTheConfiguredKeysAreListed()
    {
        await using var server = new ApiServer { Settings = Keys.Settings };
        var admin = server.With("admin");

        var refused = await admin.PostAsync("/v1/keys", """{"name":"camera","scopes":["predict"]}""");

        Assert.Contains(
            "ModelService:Storage:Kind",
            refused.Problem(404, "not_found").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        (await admin.DeleteAsync("/v1/keys/predict%20key")).Problem(404, "not_found");
        var keys = (await admin.GetAsync("/v1/keys")).Ok().GetProperty("keys").EnumerateArray().ToList();
        Assert.Equal(5, keys.Count);
        Assert.All(keys, key => Assert.Equal("configured", key.GetProperty("source").GetString()));
    }
}
