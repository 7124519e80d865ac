"""Send mails by SMTP, with one-click unsubscription (RFC 8058)."""

import smtplib
import ssl
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from renown.errors import MailError
from renown.settings import MailSettings

_TIMEOUT = 20.0
_PERMANENT = range(500, 600)
"""Replies of SMTP that will not change (RFC 5321, 4.2.1)."""


def build_mail(mail_settings: MailSettings, *, to: str, subject: str, text: str, unsubscribe_url: str) -> EmailMessage:
    """
    Build a mail in plain text.

    Parameters
    ----------
    mail_settings : MailSettings
    to : str
        Address of the receiver.
    subject, text : str
    unsubscribe_url : str
        URL that ends the subscription by a POST; empty for mails of no subscription.

    Raises
    ------
    MailError
        If the address cannot be written into a header.
    """
    message = EmailMessage()
    try:
        message["From"], message["To"], message["Subject"] = mail_settings.sender, to, subject
    except (ValueError, MessageError) as error:
        raise MailError(f"the mail to {to!r} cannot be built: {error}", is_permanent=True) from error
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=mail_settings.sender.rpartition("@")[2].rstrip("> ") or None)
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe_url:
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    return message


def send_mail(mail_settings: MailSettings, message: EmailMessage) -> None:
    """
    Send a mail.

    Raises
    ------
    MailError
        If the server does not accept it.
    """
    context = ssl.create_default_context()
    try:
        connection = (
            smtplib.SMTP_SSL(mail_settings.host, mail_settings.port, timeout=_TIMEOUT, context=context)
            if mail_settings.security == "tls"
            else smtplib.SMTP(mail_settings.host, mail_settings.port, timeout=_TIMEOUT)
        )
        with connection:
            if mail_settings.security == "starttls":
                connection.starttls(context=context)
            if mail_settings.user:
                connection.login(mail_settings.user, mail_settings.password)
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise MailError(f"the mail server refuses the address: {code} {_decode(reason)}", code in _PERMANENT) from error
    except smtplib.SMTPResponseException as error:
        # Errors of the sender, such as a wrong password, can be mended: they are retried.
        raise MailError(f"the mail server answered {error.smtp_code} {_decode(error.smtp_error)}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(f"cannot send mail by {mail_settings.host}: {error}; see [mail] in the settings") from error


def _decode(reason: bytes | str) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
