using System.ComponentModel.DataAnnotations;
using ModelService.Models.Registry;

namespace ModelService.Models.Tests.Registry;

/// <summary>How many servers must be ready before all answer by a new version.</summary>
public sealed class RolloutOptionsTests
{
    [Theory]
    [InlineData("all", 3, 3)]
    [InlineData("2", 3, 2)]
    [InlineData("5", 3, 3)]
    [InlineData("50%", 3, 2)]
    [InlineData("50%", 4, 2)]
    [InlineData("1%", 3, 1)]
    [InlineData("100%", 3, 3)]
    [InlineData("34%", 3, 2)]
    [InlineData("33%", 3, 1)]
    public void CountNeeded_Servers_IsAsTheSettingSays(string ready, int servers, int needed) =>
        Assert.Equal(needed, new RolloutOptions { Ready = ready }.CountNeeded(servers));

    [Theory]
    [InlineData("0")]
    [InlineData("0%")]
    [InlineData("101%")]
    [InlineData("none")]
    [InlineData("-1")]
    public void Validate_WhatIsNoNumberOfServers_IsRefused(string ready)
    {
        var options = new RolloutOptions { Ready = ready };

        Assert.False(Validator.TryValidateObject(options, new ValidationContext(options), null, true));
    }
}
