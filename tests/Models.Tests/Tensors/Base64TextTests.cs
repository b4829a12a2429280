using System.Text;
using ModelService.Models.Tensors;

namespace ModelService.Models.Tests.Tensors;

/// <summary>Base64 as people send it.</summary>
public sealed class Base64TextTests
{
    [Theory]
    [InlineData("+/8AAQ==", "FBFF0001")]
    [InlineData("+/8AAQ", "FBFF0001")]
    [InlineData("-_8AAQ", "FBFF0001")]
    [InlineData("-_8AAQ==", "FBFF0001")]
    [InlineData("+/8=", "FBFF")]
    [InlineData("+/8", "FBFF")]
    [InlineData("+/8A", "FBFF00")]
    [InlineData(" +/\r\n8A\tAQ = =\n", "FBFF0001")]
    [InlineData("data:image/png;base64,+/8AAQ==", "FBFF0001")]
    [InlineData(" DATA:;BASE64,-_8AAQ", "FBFF0001")]
    [InlineData("data:image/png;charset=utf-8;base64,\n+/8A", "FBFF00")]
    [InlineData("", "")]
    [InlineData("data:;base64,", "")]
    public void Read_FormsOfBase64_GivesTheBytes(string text, string hex)
    {
        var bytes = Base64Text.Read(Encoding.UTF8.GetBytes(text), out var error);

        Assert.Null(error);
        Assert.Equal(hex, Convert.ToHexString(bytes!));
    }

    [Theory]
    [InlineData("AAAA!AAA", "The character '!' at position 5 does not belong to base64.")]
    [InlineData("AA é", "The character 'é' at position 4 does not belong to base64.")]
    [InlineData("AAAA\0", "The character U+0000 at position 5 does not belong to base64.")]
    [InlineData("data:image/png;base64,%2B", "The character '%' at position 23 does not belong to base64.")]
    [InlineData("AA==AAAA", "The padding '=' ends before position 5, but the text goes on.")]
    [InlineData(
        "AAAAA",
        "The base64 has 5 characters and 0 of padding, which is no whole number of bytes: it is cut short."
    )]
    [InlineData(
        "A===",
        "The base64 has 1 characters and 3 of padding, which is no whole number of bytes: it is cut short."
    )]
    [InlineData("data:image/png,abc", "The data: URI is not in base64: it must begin like \"data:image/png;base64,\".")]
    [InlineData("data:", "The data: URI is not in base64: it must begin like \"data:image/png;base64,\".")]
    [InlineData("http://localhost/a.png", "It is a URL, and URLs are not fetched. Send the file's bytes in base64.")]
    public void Read_OtherText_NamesTheCharacterAndItsPosition(string text, string message)
    {
        Assert.Null(Base64Text.Read(Encoding.UTF8.GetBytes(text), out var error));
        Assert.Equal(message, error);
    }

    [Fact]
    public void Read_EveryLength_IsWhatConvertWrote()
    {
        for (var length = 0; length < 100; length++)
        {
            var bytes = new byte[length];
            new Random(length).NextBytes(bytes);
            var text = Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks).TrimEnd('=');

            Assert.Equal(bytes, Base64Text.Read(Encoding.UTF8.GetBytes(text), out _));
        }
    }
}
